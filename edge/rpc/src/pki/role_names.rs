//! By which names a certificate proves a role.

use std::sync::Arc;

use muster_ids::Region;

use crate::Role;

/// The standard names, `<role>.<region>.nomad`, are always known. An operator whose authority cannot issue them may
/// let other names stand for a role in the agent's own region.
///
/// A pattern is an exact name, or `*.` and what follows one label. A certificate whose own name is a wildcard matches
/// none: it stands for more machines than anybody meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoleNames(Option<Arc<Mapped>>);

#[derive(Debug, PartialEq, Eq)]
struct Mapped {
    region: Region,
    server: Vec<String>,
    client: Vec<String>,
}

impl RoleNames {
    /// The standard names alone.
    #[must_use]
    pub fn standard() -> Self {
        Self::default()
    }

    /// Besides the standard names, these stand for a role in `region`.
    #[must_use]
    pub fn mapped(region: Region, server: &[String], client: &[String]) -> Self {
        if server.is_empty() && client.is_empty() {
            return Self::standard();
        }
        let lower = |names: &[String]| names.iter().map(|name| name.to_ascii_lowercase()).collect();
        Self(Some(Arc::new(Mapped { region, server: lower(server), client: lower(client) })))
    }

    /// What a name is mapped to, if it is.
    pub(crate) fn role_of(&self, name: &str) -> Option<(Role, Region)> {
        let mapped = self.0.as_ref()?;
        let name = name.to_ascii_lowercase();
        let role = if matches_any(&mapped.server, &name) {
            Role::Server
        } else if matches_any(&mapped.client, &name) {
            Role::Client
        } else {
            return None;
        };
        Some((role, mapped.region.clone()))
    }
}

fn matches_any(patterns: &[String], name: &str) -> bool {
    !name.contains('*') && patterns.iter().any(|pattern| matches(pattern, name))
}

fn matches(pattern: &str, name: &str) -> bool {
    match pattern.strip_prefix("*.") {
        None => pattern == name,
        Some(parent) => name.split_once('.').is_some_and(|(label, rest)| !label.is_empty() && rest == parent),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_stands_for_one_label() {
        for (pattern, name, wanted) in [
            ("a.example.com", "a.example.com", true),
            ("a.example.com", "A.Example.com", true),
            ("a.example.com", "b.a.example.com", false),
            ("*.example.com", "a.example.com", true),
            ("*.example.com", "a.b.example.com", false),
            ("*.example.com", "example.com", false),
            ("*.example.com", ".example.com", false),
            ("*.example.com", "*.example.com", false),
        ] {
            let names = RoleNames::mapped(Region::global(), &[pattern.to_owned()], &[]);
            assert_eq!(names.role_of(name).is_some(), wanted, "{pattern} {name}");
        }
        assert_eq!(RoleNames::standard().role_of("a.example.com"), None);
    }
}
