//! Which metrics are kept, by the beginning of their name.

/// Rules such as `+nomad.client` and `-nomad.client.allocs`; the longest that fits decides.
#[derive(Clone, Debug)]
pub struct Filter {
    rules: Vec<(String, bool)>,
    default: bool,
}

impl Default for Filter {
    fn default() -> Self {
        Self { rules: Vec::new(), default: true }
    }
}

impl Filter {
    /// Rules without a sign are left out: the configuration has refused them.
    #[must_use]
    pub fn new(rules: &[String], default: bool) -> Self {
        let rule = |rule: &String| match (rule.strip_prefix('+'), rule.strip_prefix('-')) {
            (Some(prefix), _) => Some((prefix.to_owned(), true)),
            (_, Some(prefix)) => Some((prefix.to_owned(), false)),
            _ => None,
        };
        Self { rules: rules.iter().filter_map(rule).collect(), default }
    }

    pub(super) fn allows(&self, name: &str) -> bool {
        let fitting = self.rules.iter().filter(|(prefix, _)| name.starts_with(prefix.as_str()));
        fitting.max_by_key(|(prefix, _)| prefix.len()).map_or(self.default, |(_, allowed)| *allowed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_rule_decides() {
        let rules = ["-nomad.client".to_owned(), "+nomad.client.host".to_owned()];
        let filter = Filter::new(&rules, true);
        assert!(filter.allows("nomad.raft.apply") && filter.allows("nomad.client.host.cpu.idle"));
        assert!(!filter.allows("nomad.client.uptime"));
        assert!(!Filter::new(&rules, false).allows("nomad.raft.apply"));
    }
}
