//! Asking before something that is hard to undo.

use std::io::{BufRead as _, Write as _};

use crate::failure::Failure;
use crate::shell::Shell;

/// What is said when the answer is not yes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Otherwise {
    /// How not to be asked, for whom no answer came from.
    pub silent: &'static str,
    /// That nothing is done.
    pub no: &'static str,
}

/// Whether the user answers with an exact `y`.
pub(crate) fn confirmed(shell: &mut Shell, question: &str, otherwise: &Otherwise) -> Result<bool, Failure> {
    write!(shell.out, "{question} [y/N] ")?;
    shell.out.flush()?;
    let mut answer = String::new();
    if shell.input.read_line(&mut answer)? == 0 {
        return Err(Failure::new(format!("No answer came; {}", otherwise.silent)));
    }
    match answer.trim() {
        "y" => Ok(true),
        "Y" | "yes" => Err(Failure::new("For confirmation, an exact `y` is required.")),
        _ => {
            shell.line(otherwise.no)?;
            Ok(false)
        }
    }
}
