//! HCL: from text to values with places.
//!
//! Two readers share one result. [`evaluate_job_file`] reads HCL2 with variables, locals, functions and dynamic
//! blocks; [`parse_config`] reads the plain HCL (or JSON) of agent configuration. Both end in a [`Body`] whose
//! every name and value knows its place in the text, so that whoever decodes it can say `file:line:col`.
//!
//! Must never: read a file, the clock or the environment (all of that arrives as [`Inputs`]); panic; or work
//! without bound on hostile text. Next stop: `core/jobspec` and `edge/config`, which know the keys.

mod body;
mod diagnostic;
mod inputs;
mod number;
mod source;
mod suggest;
mod value;

mod config;
mod eval;
mod files;
mod format;
mod functions;
mod job_file;
mod syntax;

pub use body::{Attribute, Block, Body, Label};
pub use config::parse_config;
pub use diagnostic::Diagnostic;
pub use files::{Files, MAX_FILE_BYTES, MAX_LISTED};
pub use format::format;
pub use inputs::Inputs;
pub use job_file::{evaluate_job_file, evaluate_partly};
pub use number::Number;
pub use source::{Position, Source, Span};
pub use suggest::closest;
pub use syntax::outline;
pub use value::Value;
