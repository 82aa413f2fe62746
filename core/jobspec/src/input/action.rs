//! `action`: a command an operator may run inside the task.

use crate::wire::wire;

wire! {
    /// A command of a task.
    ActionInput => Action {
        name: String,
        command: String,
        args: Vec<String>,
    }
}
