//! Jobs in JSON: neither a panic nor a long wait, and what is decided survives being viewed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use muster_jobspec::Limits;

fuzz_target!(|bytes: &[u8]| {
    let Ok(input) = muster_jobspec::parse_json(bytes) else { return };
    let limits = Limits::default();
    match muster_jobspec::decide(input, &limits) {
        Ok(decided) => {
            let again = muster_jobspec::decide(muster_jobspec::view(&decided.job), &limits)
                .unwrap_or_else(|errors| panic!("its own view is refused: {}", muster_jobspec::validation_message(&errors)));
            assert_eq!(again.job, decided.job);
        }
        Err(errors) => assert!(!muster_jobspec::validation_message(&errors).is_empty()),
    }
});
