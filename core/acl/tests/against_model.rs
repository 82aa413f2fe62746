//! The policy language against an independent reading of it: random policies, every capability, objects that their
//! labels may match.

#![expect(clippy::unwrap_used, reason = "tests")]

mod model;

use model::generate::{self, name, path_name};
use model::{Question, allows};
use muster_acl::{Acl, Capability, Grant, Policy, Requirement, Scope};
use muster_ids::{Namespace, NodePool};
use proptest::collection::vec;
use proptest::prelude::*;

/// One capability as a requirement.
fn one(capability: Capability) -> Requirement {
    let at = Capability::ALL.iter().position(|other| *other == capability).unwrap();
    Requirement::AnyOf(&Capability::ALL[at..=at])
}

fn proof(acl: &Acl) -> Grant {
    acl.authorize(Requirement::Public, None).unwrap()
}

/// Every capability there is, about one object of its kind, by route and by grant.
fn compare(acl: &Acl, policies: &[model::Policy], name: &str, path: &str) -> Result<(), TestCaseError> {
    let namespace = Namespace::new(name).unwrap();
    let pool = NodePool::new(name).unwrap();
    for capability in Capability::ALL.iter().copied() {
        let word = capability.word();
        let here = acl.authorize(one(capability), Some(&namespace));
        let anywhere = acl.authorize(one(capability), None);
        let about =
            |grant: Result<Grant, _>, asked: &dyn Fn(&Grant) -> bool| grant.is_ok_and(|grant| asked(&grant));
        let (said, expected) = match capability.scope() {
            Scope::Namespace => {
                let any = allows(policies, Question::InAny(word));
                prop_assert_eq!(anywhere.is_ok(), any, "{} anywhere", word);
                let filtered = about(anywhere, &|grant| grant.allows_namespace(&namespace));
                prop_assert_eq!(filtered, here.is_ok(), "a list shows what may be read alone");
                (here.is_ok(), allows(policies, Question::In(word, name)))
            }
            Scope::NodePool => {
                prop_assert_eq!(
                    here.is_ok(),
                    allows(policies, Question::AnyPool(word)),
                    "{} of any pool",
                    word
                );
                (about(here, &|grant| grant.allows_pool(&pool)), allows(policies, Question::Pool(word, name)))
            }
            Scope::HostVolume => {
                let said = proof(acl).allows_host_volume(capability, name);
                (said, allows(policies, Question::Volume(word, name)))
            }
            Scope::Variable => {
                let said = proof(acl).allows_variable(capability, &namespace, path);
                prop_assert!(!said || here.is_ok(), "who may have one may ask");
                (said, allows(policies, Question::Variable(word, name, path)))
            }
            Scope::Management => (here.is_ok(), false),
            Scope::Node | Scope::Agent | Scope::Operator | Scope::Quota | Scope::Plugin | Scope::Sentinel => {
                let (kind, _) = capability.as_str().split_once(':').unwrap();
                (here.is_ok(), allows(policies, Question::Single(kind, word)))
            }
        };
        prop_assert_eq!(said, expected, "{} about {} {}", capability.as_str(), name, path);
    }
    prop_assert_eq!(
        acl.namespaces_any(&namespace),
        allows(policies, Question::Knows(name)),
        "knows {}",
        name
    );
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn every_capability_is_decided_as_the_model_decides_it(
        policies in vec(generate::policy(), 0..4),
        names in vec(name(), 4),
        paths in vec(path_name(), 4),
    ) {
        let parsed: Vec<Policy> = policies.iter().map(|one| Policy::stored(&one.hcl())).collect();
        let acl = Acl::of(&parsed);
        for (name, path) in names.iter().zip(&paths) {
            compare(&acl, &policies, name, path)?;
        }
    }

    #[test]
    fn what_may_be_stored_means_the_same_in_every_form_and_when_it_is_stored(policy in generate::policy()) {
        prop_assume!(!policy.rules.is_empty());
        let (hcl, json) = (policy.hcl(), policy.json());
        let parsed = Policy::parse(&hcl).map_err(|error| TestCaseError::fail(format!("{error}\n{hcl}")))?;
        let again = Policy::parse(&json).map_err(|error| TestCaseError::fail(format!("{error}\n{json}")))?;
        prop_assert_eq!(&parsed.warnings, &Vec::<String>::new());
        prop_assert_eq!(&parsed.policy, &again.policy, "{}", json);
        prop_assert_eq!(&parsed.policy, &Policy::stored(&hcl));
        prop_assert_eq!(&parsed.policy, &Policy::stored(&format!("shiny \"x\" {{ y = 1 }}\n{hcl}")));
    }

    #[test]
    fn the_order_of_policies_does_not_matter(policies in vec(generate::policy(), 0..4)) {
        let parsed: Vec<Policy> = policies.iter().map(|one| Policy::stored(&one.hcl())).collect();
        prop_assert_eq!(Acl::of(&parsed), Acl::of(parsed.iter().rev()));
        prop_assert_eq!(Acl::of(&parsed), Acl::of(parsed.iter().chain(&parsed)));
    }

    #[test]
    fn any_text_is_read_or_refused_with_a_reason(policy in generate::policy(), cut in 0..400usize, with in "[ -~]{0,4}") {
        let mut text = policy.hcl();
        let cut = cut.min(text.len());
        text.insert_str(cut, &with);
        if let Err(error) = Policy::parse(&text) {
            prop_assert!(!error.findings().is_empty());
        }
        let _ = Policy::stored(&text);
    }
}

#[test]
fn the_model_knows_every_word_of_namespaces() {
    let ours: Vec<&str> =
        Capability::ALL.iter().filter(|one| one.scope() == Scope::Namespace).map(|one| one.word()).collect();
    let mut sorted = ours.clone();
    sorted.sort_unstable();
    let mut theirs = generate::NAMESPACE_WORDS.to_vec();
    theirs.sort_unstable();
    assert_eq!(sorted, theirs);
}
