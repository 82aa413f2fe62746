//! Job files: evaluation and everything behind it neither panics nor takes long, every finding can be shown, and
//! formatting is stable and changes no meaning.
#![no_main]

use libfuzzer_sys::fuzz_target;
use muster_hcl::{Body, Diagnostic, Inputs, Source};
use muster_jobspec::Limits;

fuzz_target!(|text: &str| {
    let source = Source::new("fuzz.hcl", text);
    let inputs = Inputs { seed: Some([7; 16]), ..Inputs::default() };
    let evaluated = muster_hcl::evaluate_job_file(&source, &inputs);
    if let Err(found) = &evaluated {
        show(found, &source);
    }
    format(&source, evaluated.ok().as_ref());
    match muster_jobspec::parse_hcl(&source, &inputs) {
        Ok(input) => drop(muster_jobspec::decide(input, &Limits::default())),
        Err(found) => show(&found, &source),
    }
    let _outline = muster_hcl::outline(&source);
});

fn show(found: &[Diagnostic], source: &Source) {
    assert!(!found.is_empty(), "refused without a reason");
    for one in found.iter().take(5) {
        assert!(!one.explain(source).is_empty());
    }
}

fn format(source: &Source, before: Option<&Body>) {
    let Ok(formatted) = muster_hcl::format(source) else { return };
    let again = Source::new("fuzz.hcl", formatted);
    let twice = muster_hcl::format(&again);
    assert_eq!(twice.as_deref(), Ok(again.text.as_str()), "formatted twice: {:?}", source.text);
    let after = muster_hcl::evaluate_job_file(&again, &Inputs { seed: Some([7; 16]), ..Inputs::default() });
    if let Some(before) = before {
        let after = after.unwrap_or_else(|found| panic!("formatting broke {:?}: {found:?}", source.text));
        assert_eq!(shape(before), shape(&after), "formatting changed {:?}", source.text);
    }
}

/// A body without its places; references for run time keep their source, in which blanks may change, tabs and line
/// ends too, which `{:?}` writes as escapes.
fn shape(body: &Body) -> String {
    let attributes = body.attributes.iter().map(|one| format!("{}={:?};", one.name, one.value));
    let blocks = body.blocks.iter().map(|block| {
        let labels: Vec<&str> = block.labels.iter().map(|label| label.text.as_str()).collect();
        format!("{}{labels:?}{{{}}}", block.kind, shape(&block.body))
    });
    let text: String = attributes.chain(blocks).collect();
    let text = [r"\t", r"\r", r"\n"].iter().fold(text, |text, blank| text.replace(blank, ""));
    text.chars().filter(|ch| !ch.is_whitespace()).collect()
}
