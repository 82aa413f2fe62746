//! The operator's facts about this node: what the configuration file says, and what was applied while it runs.
//!
//! ```text
//!   static (file)  --.
//!                     >-- merged: what constraints see as ${meta.…}
//!   dynamic (API)  --'    an applied `None` hides a static key
//! ```
//!
//! What was applied is kept in the client's state and outlives the agent.

use std::collections::BTreeMap;

use muster_ids::Text;
use muster_rpc::messages::NodeMeta;

/// Applied values by key; `None` hides what the file says.
pub type Dynamic = BTreeMap<String, Option<String>>;

/// Bytes of one key, and of one value.
const MAX_KEY: usize = 256;
const MAX_VALUE: usize = 4_096;
/// Bytes of everything applied: every server keeps it for every node.
const MAX_TOTAL: usize = 64 * 1_024;

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum MetadataError {
    #[error("no node metadata given; name at least one key")]
    Empty,
    #[error(
        "metadata key `{0}` cannot be written as ${{meta.…}}; use letters, digits, `_`, `-` and single dots between them"
    )]
    Key(String),
    #[error("metadata key `{key}`: {bytes} bytes are too many; at most {limit} are kept")]
    Long { key: String, bytes: usize, limit: usize },
    #[error("node metadata would take {bytes} bytes; at most {MAX_TOTAL} are kept: unset keys first")]
    Total { bytes: usize },
}

/// `dynamic` after `changes`, where a value sets a key and `None` unsets it.
///
/// # Errors
/// When a key could not be named in a constraint, or too much would be kept.
pub fn applied(
    fixed: &BTreeMap<String, String>,
    dynamic: &Dynamic,
    changes: Dynamic,
) -> Result<Dynamic, MetadataError> {
    if changes.is_empty() {
        return Err(MetadataError::Empty);
    }
    let mut dynamic = dynamic.clone();
    for (key, value) in changes {
        check(&key, value.as_deref())?;
        // What the file says already need not be said again, and what it does not say need not be hidden.
        if value.as_ref() == fixed.get(&key) {
            dynamic.remove(&key);
        } else {
            dynamic.insert(key, value);
        }
    }
    let bytes = dynamic.iter().map(|(key, value)| key.len() + value.as_ref().map_or(0, String::len)).sum();
    if bytes > MAX_TOTAL { Err(MetadataError::Total { bytes }) } else { Ok(dynamic) }
}

fn check(key: &str, value: Option<&str>) -> Result<(), MetadataError> {
    let legal = |ch: char| ch.is_alphanumeric() || matches!(ch, '_' | '-' | '.' | '/' | ':');
    let dots = key.starts_with('.') || key.ends_with('.') || key.contains("..");
    if key.is_empty() || dots || !key.chars().all(legal) {
        return Err(MetadataError::Key(key.chars().take(MAX_KEY).collect()));
    }
    let bytes = value.map_or(0, str::len);
    let long = [(key.len(), MAX_KEY), (bytes, MAX_VALUE)].into_iter().find(|(bytes, limit)| bytes > limit);
    match long {
        Some((bytes, limit)) => {
            Err(MetadataError::Long { key: key.chars().take(64).collect(), bytes, limit })
        }
        None => Ok(()),
    }
}

/// What constraints see.
#[must_use]
pub fn merged(fixed: &BTreeMap<String, String>, dynamic: &Dynamic) -> BTreeMap<Text, Text> {
    let mut all: BTreeMap<Text, Text> =
        fixed.iter().map(|(key, value)| (key.as_str().into(), value.as_str().into())).collect();
    for (key, value) in dynamic {
        match value {
            Some(value) => drop(all.insert(key.as_str().into(), value.as_str().into())),
            None => drop(all.remove(key.as_str())),
        }
    }
    all
}

/// All three views of it.
#[must_use]
pub fn report(fixed: &BTreeMap<String, String>, dynamic: &Dynamic) -> NodeMeta {
    let merged = merged(fixed, dynamic);
    NodeMeta {
        meta: merged.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect(),
        dynamic: dynamic.clone(),
        fixed: fixed.clone(),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn changes(pairs: &[(&str, Option<&str>)]) -> Dynamic {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), value.map(str::to_owned))).collect()
    }

    #[test]
    fn applied_values_win_and_unsetting_hides_the_file() {
        let fixed = BTreeMap::from([("ou".to_owned(), "finance".to_owned()), ("a".into(), "1".into())]);
        let set = changes(&[("ou", Some("legal")), ("rack", Some("r1")), ("a", None)]);
        let dynamic = applied(&fixed, &Dynamic::new(), set.clone()).unwrap();
        assert_eq!(dynamic, set);
        let seen = merged(&fixed, &dynamic);
        let seen: Vec<(&str, &str)> = seen.iter().map(|(key, value)| (&**key, &**value)).collect();
        assert_eq!(seen, [("ou", "legal"), ("rack", "r1")]);
        // Back to what the file says: nothing of the three is left.
        let back = changes(&[("ou", Some("finance")), ("rack", None), ("a", Some("1"))]);
        assert_eq!(applied(&fixed, &dynamic, back).unwrap(), Dynamic::new());
    }

    #[test]
    fn what_no_constraint_could_name_or_nobody_should_keep_is_refused() {
        let apply = |key: &str, value: &str| {
            applied(&BTreeMap::new(), &Dynamic::new(), changes(&[(key, Some(value))]))
        };
        for key in ["", ".a", "a.", "a..b", "a b", "${x}", "a\"b", "a\n"] {
            assert!(matches!(apply(key, "1"), Err(MetadataError::Key(_))), "{key:?}");
        }
        assert!(matches!(apply(&"k".repeat(300), "1"), Err(MetadataError::Long { .. })));
        assert!(matches!(apply("k", &"v".repeat(5_000)), Err(MetadataError::Long { .. })));
        assert_eq!(applied(&BTreeMap::new(), &Dynamic::new(), Dynamic::new()), Err(MetadataError::Empty));
        let many = (0..20).map(|n| (format!("k{n}"), Some("v".repeat(4_000)))).collect();
        let refused = applied(&BTreeMap::new(), &Dynamic::new(), many);
        assert!(matches!(refused, Err(MetadataError::Total { .. })));
    }
}
