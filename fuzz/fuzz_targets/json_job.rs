//! Jobs in JSON: neither a panic nor a long wait, and what is decided survives being viewed, written as JSON and read
//! again, and does not differ from itself.
#![no_main]

use libfuzzer_sys::fuzz_target;
use muster_jobspec::Limits;
use muster_jobspec::diff::DiffType;

fuzz_target!(|bytes: &[u8]| {
    let Ok(input) = muster_jobspec::parse_json(bytes) else { return };
    let limits = Limits::default();
    match muster_jobspec::decide(input, &limits) {
        Ok(decided) => {
            let shown = serde_json::to_vec(&muster_jobspec::view(&decided.job)).expect("a view is JSON");
            let again = muster_jobspec::parse_json(&shown).expect("its own view is read");
            let again = muster_jobspec::decide(again, &limits).unwrap_or_else(|errors| {
                panic!("its own view is refused: {}", muster_jobspec::validation_message(&errors))
            });
            assert_eq!(again.job, decided.job);
            let diff = muster_jobspec::diff::diff(Some(&decided.job), Some(&again.job));
            assert_eq!(diff.kind, DiffType::None, "{diff:?}");
        }
        Err(errors) => assert!(!muster_jobspec::validation_message(&errors).is_empty()),
    }
});
