//! Labels with `*`, and which of several rules decides about a name.

use std::collections::BTreeMap;

/// The rule that decides about `name`: the one that spells it out, else the pattern that leaves the fewest characters
/// to its wildcards; of several such the first in the order of their bytes. Only that one counts, even where another
/// one would allow more.
pub(crate) fn closest<'a, T>(rules: &'a BTreeMap<String, T>, name: &str) -> Option<&'a T> {
    rules.get(name).or_else(|| closest_pattern(rules, name))
}

/// The same among patterns only.
pub(crate) fn closest_pattern<'a, T>(rules: &'a BTreeMap<String, T>, name: &str) -> Option<&'a T> {
    let patterns = rules.iter().filter(|(label, _)| label.contains('*') && matches(label, name));
    patterns.min_by_key(|(label, _)| left_to_wildcards(label, name)).map(|(_, rule)| rule)
}

fn left_to_wildcards(pattern: &str, name: &str) -> usize {
    let spelled_out = pattern.bytes().filter(|byte| *byte != b'*').count();
    name.len().saturating_sub(spelled_out)
}

/// Whether `pattern`, in which `*` stands for any run of characters, matches all of `text`.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(first) = parts.next() else { return text.is_empty() };
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut last = None;
    for part in parts {
        if let Some(middle) = last.replace(part) {
            match rest.find(middle) {
                Some(at) => rest = rest.get(at + middle.len()..).unwrap_or_default(),
                None => return false,
            }
        }
    }
    match last {
        None => rest.is_empty(),
        Some(suffix) => rest.ends_with(suffix),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_run_of_characters() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("a*c", "abc", true),
            ("a*c", "ab", false),
            ("*b*", "abc", true),
            ("a", "ab", false),
            ("ab*ab", "ab", false),
            ("a**b", "ab", true),
            ("*a*a*", "a", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn the_closest_rule_decides_and_ties_go_to_the_first() {
        let rules: BTreeMap<String, u32> =
            [("*", 1), ("prod-*", 2), ("*-web", 3), ("prod-web", 4), ("prod-w*", 5), ("*prod-w", 6)]
                .map(|(label, id)| (label.to_owned(), id))
                .into();
        for (name, expected) in [
            ("dev", 1),
            ("prod-a", 2),
            ("dev-web", 3),
            ("prod-web", 4),
            ("prod-wx", 5),
            // Both leave nothing to their wildcards; `*` comes before `p`.
            ("prod-w", 6),
        ] {
            assert_eq!(closest(&rules, name), Some(&expected), "{name}");
        }
        assert_eq!(closest_pattern(&rules, "prod-web"), Some(&5));
    }
}
