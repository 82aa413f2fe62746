//! Commands about names of job versions.

pub(crate) mod apply;
pub(crate) mod unset;

use crate::failure::Failure;

/// The `-name` of both commands, which neither goes without.
fn name(given: Option<&String>) -> Result<&str, Failure> {
    given
        .map(String::as_str)
        .filter(|name| !name.is_empty())
        .ok_or_else(|| Failure::new("A version tag needs a name: give -name"))
}
