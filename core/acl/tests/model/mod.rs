//! An independent reading of the policy language, from `acl.md` only: no types, no merging, no sets of bits. A question
//! is answered by looking through the rules as they are written, word for word, each time anew. It shares no code with
//! what it checks and is meant to be obviously right, not fast.
#![allow(dead_code, reason = "several test programs use parts of it")]

pub mod generate;
pub mod write;

/// One policy, as its author thinks of it.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    pub rules: Vec<Rule>,
}

#[derive(Clone, Debug)]
pub struct Rule {
    /// `namespace`, `node_pool`, `host_volume`, `agent`, `node`, `operator`, `quota`, `plugin`, `sentinel`.
    pub kind: &'static str,
    /// Empty for kinds without labels.
    pub label: String,
    pub policy: Option<&'static str>,
    pub capabilities: Vec<&'static str>,
    /// Of a namespace: paths and what is said of each.
    pub variables: Vec<(String, Vec<&'static str>)>,
}

/// What somebody wants to do, in the contract's words.
#[derive(Clone, Copy, Debug)]
pub enum Question<'a> {
    /// A capability in one namespace.
    In(&'a str, &'a str),
    /// A capability in any namespace.
    InAny(&'a str),
    /// Anything at all in one namespace.
    Knows(&'a str),
    /// A capability about one node pool.
    Pool(&'a str, &'a str),
    /// A capability about any node pool.
    AnyPool(&'a str),
    /// A capability about one host volume.
    Volume(&'a str, &'a str),
    /// A capability about the variable of a namespace at a path.
    Variable(&'a str, &'a str, &'a str),
    /// What a kind without labels is asked for: `agent read`, `operator write`, `operator snapshot-save`, `plugin list`.
    Single(&'a str, &'a str),
}

pub fn allows(policies: &[Policy], question: Question<'_>) -> bool {
    let rules: Vec<&Rule> = policies.iter().flat_map(|policy| &policy.rules).collect();
    match question {
        Question::In(capability, namespace) => {
            words_for(&rules, "namespace", namespace).iter().any(|word| word == capability)
        }
        Question::InAny(capability) => any_label(&rules, "namespace", capability),
        Question::Knows(namespace) => !words_for(&rules, "namespace", namespace).is_empty(),
        Question::Pool(capability, pool) => {
            words_for(&rules, "node_pool", pool).iter().any(|word| word == capability)
        }
        Question::AnyPool(capability) => any_label(&rules, "node_pool", capability),
        Question::Volume(capability, name) => {
            words_for(&rules, "host_volume", name).iter().any(|word| word == capability)
        }
        Question::Variable(capability, namespace, path) => variable(&rules, capability, namespace, path),
        Question::Single(kind, action) => single(&rules, kind, action),
    }
}

/// The table of coarse words, as section 2 prints it.
fn expansion(kind: &str, policy: &str) -> &'static str {
    match (kind, policy) {
        (_, "deny") => "deny",
        ("namespace", "read") => {
            "list-jobs parse-job read-job csi-list-volume csi-read-volume read-job-scaling list-scaling-policies \
             read-scaling-policy host-volume-read"
        }
        ("namespace", "write") => {
            "list-jobs parse-job read-job csi-list-volume csi-read-volume read-job-scaling list-scaling-policies \
             read-scaling-policy host-volume-read scale-job submit-job dispatch-job read-logs read-fs alloc-exec \
             alloc-lifecycle csi-mount-volume csi-write-volume submit-recommendation host-volume-create"
        }
        ("namespace", "scale") => {
            "list-scaling-policies read-scaling-policy read-job-scaling scale-job read-job submit-recommendation"
        }
        ("node_pool", "read") => "read",
        ("node_pool", "write") => "delete read write",
        ("host_volume", "read") => "mount-readonly",
        ("host_volume", "write") => "mount-readonly mount-readwrite",
        ("operator", "read") => "license-read keyring-read",
        ("operator", "write") => "snapshot-save license-read keyring-rotate keyring-read keyring-delete",
        ("sentinel", "read") => "sentinel-read",
        ("sentinel", "write") => "sentinel-read sentinel-submit sentinel-delete",
        _ => "",
    }
}

/// What a rule says, with what that implies.
fn words_of(rule: &Rule) -> Vec<String> {
    let coarse = rule.policy.map_or("", |policy| expansion(rule.kind, policy));
    let mut words: Vec<String> = coarse.split_whitespace().map(str::to_owned).collect();
    words.extend(rule.capabilities.iter().map(|word| (*word).to_owned()));
    if rule.kind == "namespace" {
        for (word, implied) in [
            (
                "host-volume-write",
                "host-volume-register host-volume-create host-volume-delete host-volume-read",
            ),
            ("host-volume-register", "host-volume-create host-volume-read"),
            ("host-volume-create", "host-volume-read"),
        ] {
            if words.iter().any(|one| one == word) {
                words.extend(implied.split_whitespace().map(str::to_owned));
            }
        }
    }
    words
}

/// Everything that rules of exactly this label say; nothing once one of them says `deny`.
fn words_at(rules: &[&Rule], kind: &str, label: &str) -> Vec<String> {
    let same = rules.iter().filter(|rule| rule.kind == kind && rule.label == label);
    let words: Vec<String> = same.flat_map(|rule| words_of(rule)).collect();
    if words.iter().any(|word| word == "deny") { Vec::new() } else { words }
}

fn words_for(rules: &[&Rule], kind: &str, name: &str) -> Vec<String> {
    let labels = rules.iter().filter(|rule| rule.kind == kind).map(|rule| rule.label.clone()).collect();
    best(labels, name).map(|label| words_at(rules, kind, &label)).unwrap_or_default()
}

fn any_label(rules: &[&Rule], kind: &str, capability: &str) -> bool {
    let mut labels = rules.iter().filter(|rule| rule.kind == kind).map(|rule| &rule.label);
    labels.any(|label| words_at(rules, kind, label).iter().any(|word| word == capability))
}

/// The one label that counts for a name.
fn best(mut labels: Vec<String>, name: &str) -> Option<String> {
    if labels.iter().any(|label| label == name) {
        return Some(name.to_owned());
    }
    labels.retain(|label| label.contains('*') && fits(label.as_bytes(), name.as_bytes()));
    labels.sort();
    let value = |label: &String| {
        let stars = label.chars().filter(|ch| *ch == '*').count();
        name.len() + stars + 1000 - label.len()
    };
    let smallest = labels.iter().map(value).min()?;
    labels.into_iter().find(|label| value(label) == smallest)
}

/// Letter for letter; a star tries every length.
fn fits(pattern: &[u8], text: &[u8]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((b'*', rest)) => (0..=text.len()).any(|taken| fits(rest, &text[taken..])),
        Some((byte, rest)) => text.first() == Some(byte) && fits(rest, &text[1..]),
    }
}

fn variable(rules: &[&Rule], capability: &str, namespace: &str, path: &str) -> bool {
    // A namespace that is denied hides its variables (`docs/deviations.md`).
    let labels =
        rules.iter().filter(|rule| rule.kind == "namespace").map(|rule| rule.label.clone()).collect();
    if let Some(label) = best(labels, namespace) {
        let mut same = rules.iter().filter(|rule| rule.kind == "namespace" && rule.label == label);
        if same.any(|rule| words_of(rule).iter().any(|word| word == "deny")) {
            return false;
        }
    }
    let join = |label: &str, path: &str| format!("{label}\u{0}{path}");
    let mut said: Vec<(String, Vec<&str>)> = Vec::new();
    for rule in rules.iter().filter(|rule| rule.kind == "namespace") {
        for (path, words) in &rule.variables {
            let mut words: Vec<&str> = words.clone();
            if words.contains(&"deny") {
                words = vec!["deny"];
            }
            if words.contains(&"read") {
                words.push("list");
            }
            said.push((join(&rule.label, path), words));
        }
    }
    let keys = said.iter().map(|(key, _)| key.clone()).collect();
    let Some(winner) = best(keys, &join(namespace, path)) else { return false };
    said.iter().any(|(key, words)| *key == winner && words.contains(&capability))
}

fn single(rules: &[&Rule], kind: &str, action: &str) -> bool {
    let own: Vec<&&Rule> = rules.iter().filter(|rule| rule.kind == kind).collect();
    let rank = |policy: &str| ["list", "read", "write", "deny"].iter().position(|word| *word == policy);
    let highest = own.iter().filter_map(|rule| rule.policy).max_by_key(|policy| rank(policy)).unwrap_or("");
    let words: Vec<String> = own.iter().flat_map(|rule| words_of(rule)).collect();
    if words.iter().any(|word| word == "deny") {
        return false;
    }
    match (kind, action) {
        ("plugin", "list") => highest == "list" || highest == "read",
        ("plugin", "read") => highest == "read",
        (_, "read") => highest == "read" || highest == "write",
        (_, "write") => highest == "write",
        (_, capability) => words.iter().any(|word| word == capability),
    }
}
