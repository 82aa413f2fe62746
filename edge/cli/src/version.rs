//! `version`: who this is.

use crate::failure::{OK, Outcome};
use crate::shell::Shell;
use crate::verb::Verb;

/// The version whose clients, files and scripts work unchanged.
const COMPATIBLE: &str = "Nomad v2.0.5";

/// The text for the name the program was called by: scripts that ask `nomad version` read its first line.
pub(crate) fn text(program: &str) -> String {
    let own = concat!("Muster v", env!("CARGO_PKG_VERSION"));
    match program {
        "nomad" => format!("{COMPATIBLE}\n{own}"),
        _ => format!("{own}\nCompatible with {COMPATIBLE}"),
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct Version {}

impl Verb for Version {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let program = shell.program.clone();
        shell.line(&text(&program))?;
        Ok(OK)
    }
}
