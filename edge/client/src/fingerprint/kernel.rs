//! `kernel.*`.

use muster_sys::procfs::Host;

use super::Attributes;

pub fn inspect(host: &Host) -> Attributes {
    let mut attributes = Attributes::from([("kernel.name".into(), name().to_owned())]);
    if !host.kernel_release.is_empty() {
        attributes.insert("kernel.version".into(), host.kernel_release.clone());
    }
    let arch = if host.machine.is_empty() { std::env::consts::ARCH } else { &host.machine };
    attributes.insert("kernel.arch".into(), arch.to_owned());
    attributes
}

fn name() -> &'static str {
    match std::env::consts::OS {
        "macos" => "darwin",
        other => other,
    }
}
