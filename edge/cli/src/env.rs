//! The environment, read once, so that a command is a function of its inputs.

use std::collections::BTreeMap;

/// Environment variables that are text; others cannot be ours.
#[derive(Debug, Clone, Default)]
pub(crate) struct Env(BTreeMap<String, String>);

impl Env {
    pub(crate) fn of_process() -> Self {
        let text = |(key, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((key.into_string().ok()?, value.into_string().ok()?))
        };
        Self(std::env::vars_os().filter_map(text).collect())
    }

    /// The setting `NAME`, from `MUSTER_NAME` or else `NOMAD_NAME`; an empty one is not set.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        ["MUSTER", "NOMAD"]
            .into_iter()
            .filter_map(|prefix| self.0.get(&format!("{prefix}_{name}")))
            .map(String::as_str)
            .find(|value| !value.is_empty())
    }

    /// A setting that is on or off, as Go reads booleans; unreadable is off.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.get(name).and_then(crate::argv::parse_bool).unwrap_or(false)
    }

    /// Whether the user wants no colour from any program (no-color.org).
    pub(crate) fn no_color(&self) -> bool {
        self.0.get("NO_COLOR").is_some_and(|value| !value.is_empty())
    }

    /// A variable that shells set, under its own name.
    pub(crate) fn shell(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The user's home directory.
    pub(crate) fn home(&self) -> Option<&str> {
        self.0.get("HOME").map(String::as_str).filter(|home| !home.is_empty())
    }

    /// Variables for job files, by their name without prefix; those of Muster win.
    pub(crate) fn job_variables(&self) -> BTreeMap<String, String> {
        ["NOMAD_VAR_", "MUSTER_VAR_"]
            .into_iter()
            .flat_map(|prefix| {
                self.0.iter().filter_map(move |(key, value)| {
                    Some((key.strip_prefix(prefix)?.to_owned(), value.clone()))
                })
            })
            .collect()
    }
}

#[cfg(test)]
impl Env {
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.0.insert(name.to_owned(), value.to_owned());
    }
}

#[cfg(test)]
impl<const N: usize> From<[(&str, &str); N]> for Env {
    fn from(pairs: [(&str, &str); N]) -> Self {
        Self(pairs.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_names_win_and_empty_ones_do_not_count() {
        let env = Env::from([
            ("NOMAD_ADDR", "n"),
            ("MUSTER_ADDR", "m"),
            ("MUSTER_TOKEN", ""),
            ("NOMAD_TOKEN", "t"),
        ]);
        assert_eq!(env.get("ADDR"), Some("m"));
        assert_eq!(env.get("TOKEN"), Some("t"));
        assert_eq!(env.get("REGION"), None);
    }

    #[test]
    fn job_variables_lose_their_prefix() {
        let env = Env::from([("NOMAD_VAR_a", "1"), ("MUSTER_VAR_a", "2"), ("NOMAD_VAR_b", "3"), ("c", "4")]);
        let found: Vec<_> = env.job_variables().into_iter().collect();
        assert_eq!(found, [("a".to_owned(), "2".to_owned()), ("b".to_owned(), "3".to_owned())]);
    }
}
