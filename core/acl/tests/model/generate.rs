//! Random policies. Labels and paths are made of few pieces, so that they meet often.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::{Policy, Rule};

pub const NAMESPACE_WORDS: &[&str] = &[
    "list-jobs",
    "parse-job",
    "read-job",
    "submit-job",
    "register-job",
    "revert-job",
    "deregister-job",
    "purge-job",
    "evaluate-job",
    "plan-job",
    "tag-job-version",
    "stable-job",
    "fail-deployment",
    "pause-deployment",
    "promote-deployment",
    "unblock-deployment",
    "cancel-deployment",
    "set-alloc-health-deployment",
    "gc-allocation",
    "pause-allocation",
    "force-periodic-job",
    "delete-service-registration",
    "dispatch-job",
    "read-logs",
    "read-fs",
    "alloc-exec",
    "alloc-node-exec",
    "alloc-lifecycle",
    "csi-register-plugin",
    "csi-write-volume",
    "csi-read-volume",
    "csi-list-volume",
    "csi-mount-volume",
    "host-volume-create",
    "host-volume-register",
    "host-volume-read",
    "host-volume-write",
    "host-volume-delete",
    "list-scaling-policies",
    "read-scaling-policy",
    "read-job-scaling",
    "scale-job",
    "submit-recommendation",
    "sentinel-override",
];
pub const POOL_WORDS: &[&str] = &["read", "write", "delete"];
pub const VOLUME_WORDS: &[&str] = &["mount-readonly", "mount-readwrite"];
pub const VARIABLE_WORDS: &[&str] = &["list", "read", "write", "destroy"];
pub const OPERATOR_WORDS: &[&str] =
    &["snapshot-save", "license-read", "keyring-rotate", "keyring-read", "keyring-delete"];
pub const SENTINEL_WORDS: &[&str] = &["sentinel-read", "sentinel-submit", "sentinel-delete"];

const COARSE: &[&str] = &["deny", "read", "write", "scale"];

/// Some of the words, seldom with `deny` among them.
fn words(of: &'static [&'static str]) -> impl Strategy<Value = Vec<&'static str>> {
    let some = subsequence(of, 0..=of.len().min(4));
    (some, prop::bool::weighted(0.08)).prop_map(|(mut some, denied)| {
        if denied {
            some.push("deny");
        }
        some
    })
}

fn coarse(of: &'static [&'static str]) -> impl Strategy<Value = Option<&'static str>> {
    // Were denials as frequent as the others, there would be little else to see.
    (option::of(select(of)), prop::bool::weighted(0.25)).prop_map(|(word, denies)| match word {
        Some("deny") if !denies => None,
        other => other,
    })
}

/// A label, with or without stars.
pub fn label() -> impl Strategy<Value = String> {
    let piece = select(&["*", "a", "b", "ab", "-", "x"][..]);
    vec(piece, 1..4).prop_map(|pieces| pieces.concat())
}

/// A name that labels may match.
pub fn name() -> impl Strategy<Value = String> {
    let piece = select(&["a", "b", "ab", "-", "x"][..]);
    vec(piece, 1..4).prop_map(|pieces| pieces.concat())
}

pub fn path() -> impl Strategy<Value = String> {
    vec(select(&["*", "a", "b", "a/", "x/y"][..]), 1..4).prop_map(|pieces| pieces.concat())
}

pub fn path_name() -> impl Strategy<Value = String> {
    vec(select(&["a", "b", "a/", "x/y"][..]), 1..4).prop_map(|pieces| pieces.concat())
}

fn labelled(
    kind: &'static str,
    label: impl Strategy<Value = String>,
    of: &'static [&'static str],
) -> impl Strategy<Value = Rule> {
    (label, coarse(COARSE), words(of)).prop_map(move |(label, policy, capabilities)| Rule {
        kind,
        label,
        policy,
        capabilities,
        variables: Vec::new(),
    })
}

pub fn namespace(label: impl Strategy<Value = String>) -> impl Strategy<Value = Rule> {
    let variables = prop_oneof![2 => Just(Vec::new()), 1 => vec((path(), words(VARIABLE_WORDS)), 1..4)];
    (labelled("namespace", label, NAMESPACE_WORDS), variables)
        .prop_map(|(rule, variables)| Rule { variables, ..rule })
}

pub fn node_pool(label: impl Strategy<Value = String>) -> impl Strategy<Value = Rule> {
    labelled("node_pool", label, POOL_WORDS)
}

pub fn host_volume(label: impl Strategy<Value = String>) -> impl Strategy<Value = Rule> {
    labelled("host_volume", label, VOLUME_WORDS)
}

/// Rules without labels, each kind at most once.
pub fn singles() -> impl Strategy<Value = Vec<Rule>> {
    let plain = |kind| single(kind, COARSE, &[]);
    let all = (
        plain("agent"),
        plain("node"),
        plain("quota"),
        single("plugin", &["deny", "list", "read", "write"], &[]),
        single("operator", COARSE, OPERATOR_WORDS),
        single("sentinel", COARSE, SENTINEL_WORDS),
    );
    all.prop_map(|(a, b, c, d, e, f)| [a, b, c, d, e, f].into_iter().flatten().collect())
}

fn single(
    kind: &'static str,
    levels: &'static [&'static str],
    of: &'static [&'static str],
) -> impl Strategy<Value = Option<Rule>> {
    option::weighted(0.4, (coarse(levels), words(of))).prop_map(move |said| {
        let (policy, mut capabilities) = said?;
        if of.is_empty() {
            capabilities.clear();
        }
        let rule = Rule { kind, label: String::new(), policy, capabilities, variables: Vec::new() };
        // One that says nothing is refused.
        (rule.policy.is_some() || !rule.capabilities.is_empty()).then_some(rule)
    })
}

pub fn policy() -> impl Strategy<Value = Policy> {
    let labelled = prop_oneof![
        4 => namespace(label()).boxed(),
        1 => node_pool(label()).boxed(),
        1 => host_volume(label()).boxed(),
    ];
    (vec(labelled, 0..6), singles()).prop_map(|(mut rules, singles)| {
        rules.extend(singles);
        Policy { rules }
    })
}
