//! What the operator of a node allows `raw_exec` tasks.

use std::collections::BTreeMap;
use std::str::FromStr;

use crate::DriverFingerprint;

/// The plugin configuration. Everything defaults to "no".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawExecOptions {
    pub enabled: bool,
    /// Users that tasks may not run as.
    pub denied_host_uids: IdRanges,
    /// Groups, primary or supplementary, that a task's user may not be in.
    pub denied_host_gids: IdRanges,
    /// Names removed from every task's environment; `*` stands for any text.
    pub denied_envvars: Vec<String>,
}

/// Numbers and ranges such as `0,100-199`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IdRanges(Vec<(u32, u32)>);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an id or range of ids: use a list such as `0,100-199`")]
pub struct IdRangesError(pub String);

impl IdRanges {
    #[must_use]
    pub fn contains(&self, id: u32) -> bool {
        self.0.iter().any(|(first, last)| (*first..=*last).contains(&id))
    }
}

impl FromStr for IdRanges {
    type Err = IdRangesError;

    fn from_str(text: &str) -> Result<Self, IdRangesError> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        parts
            .map(|part| range(part).ok_or_else(|| IdRangesError(part.to_owned())))
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

fn range(part: &str) -> Option<(u32, u32)> {
    let (first, last) = part.split_once('-').unwrap_or((part, part));
    let (first, last) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
    (first <= last).then_some((first, last))
}

/// Whether `name` matches `pattern`, in which `*` stands for any text.
pub fn matches(pattern: &str, name: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('*') else { return pattern == name };
    let Some(rest) = name.strip_prefix(head) else { return false };
    // Every place where the rest of the pattern could begin.
    (0..=rest.len()).filter_map(|at| rest.get(at..)).any(|rest| matches(tail, rest))
}

pub fn fingerprint(options: &RawExecOptions) -> DriverFingerprint {
    let supported = cfg!(target_os = "linux");
    let usable = options.enabled && supported;
    let description = match (options.enabled, supported) {
        (true, true) => "Healthy",
        (true, false) => "raw_exec is not supported on this platform yet",
        (false, _) => "disabled",
    };
    let attributes = usable.then(|| ("driver.raw_exec".to_owned(), "1".to_owned()));
    DriverFingerprint {
        detected: usable,
        healthy: usable,
        description: description.to_owned(),
        attributes: BTreeMap::from_iter(attributes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_hold_both_ends_and_nothing_else() {
        let ranges: Result<IdRanges, _> = "0, 100-199,65534".parse();
        let holds = |id| ranges.as_ref().is_ok_and(|ranges| ranges.contains(id));
        assert!([0, 100, 199, 65534].into_iter().all(holds));
        assert!(![1, 99, 200, u32::MAX].into_iter().any(holds));
        assert_eq!("".parse(), Ok(IdRanges::default()));
    }

    #[test]
    fn nonsense_is_refused_with_its_part() {
        for (text, part) in
            [("1,x", "x"), ("5-1", "5-1"), ("-1", "-1"), ("1-2-3", "1-2-3"), ("4294967296", "4294967296")]
        {
            assert_eq!(text.parse::<IdRanges>(), Err(IdRangesError(part.to_owned())));
        }
    }

    #[test]
    fn a_star_stands_for_any_text() {
        assert!(
            matches("AWS_*", "AWS_SECRET")
                && matches("*", "")
                && matches("*_KEY*", "A_KEY_B")
                && matches("A", "A")
        );
        assert!(!matches("AWS_*", "XAWS_") && !matches("A", "AB") && !matches("A*B", "AC"));
    }
}
