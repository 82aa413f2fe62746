//! `os.signals`: what a task here can be sent.

use muster_sys::signals::Signal;

use super::Attributes;

pub fn inspect() -> Attributes {
    let names: Vec<&str> = if cfg!(unix) {
        Signal::all().map(Signal::name).collect()
    } else {
        vec![Signal::INT.name(), Signal::KILL.name()]
    };
    Attributes::from([("os.signals".into(), names.join(","))])
}
