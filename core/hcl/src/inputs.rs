//! What the world outside a job file may say to it.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::files::Files;
use crate::source::Source;

/// Values for a job file's variables. Precedence, highest first: `vars`, `var_files` (a later file over an earlier
/// one), `NOMAD_VAR_` entries of `vars`, the declared default.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    /// Raw texts by variable name, as given with `-var name=text`. A key that begins with `NOMAD_VAR_` came from the
    /// environment: it ranks lowest, and is ignored when no such variable is declared.
    pub vars: BTreeMap<String, String>,
    /// Files of `name = value` lines, in the order given; one whose name ends in `.json` holds a JSON object.
    pub var_files: Vec<Source>,
    /// Ignore values for variables that the job file does not declare (`-hcl2-strict=false`) instead of refusing.
    pub allow_undeclared: bool,
    /// Chance is an input: `uuidv4()` is derived from this, and refused without it.
    pub seed: Option<[u8; 16]>,
    /// What `file`, `fileset` and their like may read; without it they are refused.
    pub files: Option<Arc<dyn Files>>,
}
