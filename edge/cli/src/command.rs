//! Every command that talks to an agent.

/// A parsed command, ready to run.
#[derive(Debug)]
pub struct Command {}

impl Command {
    pub(crate) async fn run(self) -> u8 {
        1
    }
}
