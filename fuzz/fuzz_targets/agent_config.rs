//! Agent configuration, HCL or JSON: neither a panic nor a long wait, and every finding can be shown.
#![no_main]

use libfuzzer_sys::fuzz_target;
use muster_hcl::Source;

fuzz_target!(|text: &str| {
    let source = Source::new("agent.hcl", text);
    if let Err(found) = muster_config::parse(&source) {
        assert!(!found.is_empty(), "refused without a reason");
        for one in found.iter().take(5) {
            assert!(!one.explain(&source).is_empty());
        }
    }
});
