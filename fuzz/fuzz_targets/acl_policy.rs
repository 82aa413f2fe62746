//! ACL policies, HCL or JSON: neither a panic nor a long wait; what may be stored is read the same way when it is
//! stored, and what may not be stored is told with a reason.
#![no_main]

use libfuzzer_sys::fuzz_target;
use muster_acl::{Acl, Capability, Policy, Requirement};

fuzz_target!(|text: &str| {
    let stored = Policy::stored(text);
    match Policy::parse(text) {
        Ok(parsed) => assert_eq!(parsed.policy, stored),
        Err(error) => {
            assert!(!error.findings().is_empty(), "refused without a reason");
            assert!(!error.to_string().is_empty());
        }
    }
    let management = Requirement::AnyOf(&[Capability::Management]);
    assert!(Acl::of([&stored]).authorize(management, None).is_err(), "a policy makes a manager");
});
