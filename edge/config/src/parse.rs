//! One file of configuration to its input.

use muster_hcl::{Diagnostic, Source, parse_config};

use crate::agent::{AgentConfigInput, ReadWarnings};
use crate::block::Block;
use crate::reader::{Notes, Reader};

/// Reads HCL or JSON; which of the two shows in the first character.
///
/// # Errors
/// Every fault, in the order of the text, with its place: what cannot be parsed, unknown keys with the closest known
/// one, and values of the wrong kind.
pub fn parse(source: &Source) -> Result<AgentConfigInput, Vec<Diagnostic>> {
    let body = parse_config(source)?;
    let mut notes = Notes::default();
    let mut input = Reader::read(source, &body, String::new(), &mut notes, AgentConfigInput::read);
    if !notes.faults.is_empty() {
        notes.faults.sort_by_key(|fault| fault.span.map_or(0, |span| span.start));
        return Err(notes.faults);
    }
    input.warnings = (!notes.warnings.is_empty()).then_some(ReadWarnings(notes.warnings));
    Ok(input)
}
