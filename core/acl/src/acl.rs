//! What a caller may do, as decided from its token.

use std::collections::BTreeSet;

use muster_ids::{Namespace, NodePool};

use crate::{Capability, Denied, Grant, Requirement, Scope};

/// The rights of one caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Acl {
    /// ACLs are off (loopback only) or the token is a management token.
    Unrestricted,
    Rules(Rules),
}

/// Merged rules of a caller's policies. An empty set of rules allows nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// Namespace patterns (`*` matches any run of characters) with what is allowed there.
    pub namespaces: Vec<(String, BTreeSet<Capability>)>,
    pub node_pools: Vec<(String, BTreeSet<Capability>)>,
    pub node: Access,
    pub agent: Access,
    pub operator: Access,
}

/// Coarse levels, ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    #[default]
    Deny,
    Read,
    Write,
}

impl Acl {
    /// Decides whether the caller may use a route at all. Objects are then asked for one by one through the grant.
    ///
    /// `namespace` is the one the request names; `None` stands for `*`, any namespace.
    ///
    /// # Errors
    /// [`Denied`] when no capability of the requirement is held for that namespace (for `*`: for any namespace).
    pub fn authorize(
        &self,
        requirement: Requirement,
        namespace: Option<&Namespace>,
    ) -> Result<Grant, Denied> {
        let allowed = match requirement {
            Requirement::Public => true,
            Requirement::AnyOf(capabilities) => capabilities.iter().any(|c| self.holds(*c, namespace)),
        };
        if allowed { Ok(Grant::new(self.clone(), requirement)) } else { Err(Denied) }
    }

    fn holds(&self, capability: Capability, namespace: Option<&Namespace>) -> bool {
        let Self::Rules(rules) = self else { return true };
        match (capability.scope(), namespace) {
            (Scope::Namespace, Some(name)) => self.allows_in_namespace(capability, name),
            (Scope::Namespace, None) => rules.namespaces.iter().any(|(_, held)| held.contains(&capability)),
            (Scope::NodePool, _) => rules.node_pools.iter().any(|(_, held)| held.contains(&capability)),
            (Scope::Node, _) => rules.node >= level(capability),
            (Scope::Agent, _) => rules.agent >= level(capability),
            (Scope::Operator, _) => rules.operator >= level(capability),
            (Scope::Management, _) => false,
        }
    }

    pub(crate) fn allows_in_namespace(&self, capability: Capability, namespace: &Namespace) -> bool {
        match self {
            Self::Unrestricted => true,
            Self::Rules(rules) => {
                closest(&rules.namespaces, namespace.as_str()).is_some_and(|c| c.contains(&capability))
            }
        }
    }

    pub(crate) fn allows_in_pool(&self, capability: Capability, pool: &NodePool) -> bool {
        match self {
            Self::Unrestricted => true,
            Self::Rules(rules) => {
                closest(&rules.node_pools, pool.as_str()).is_some_and(|c| c.contains(&capability))
            }
        }
    }

    pub(crate) fn allows_plain(&self, capability: Capability) -> bool {
        self.holds(capability, None)
    }
}

const fn level(capability: Capability) -> Access {
    match capability {
        Capability::NodeRead | Capability::AgentRead | Capability::OperatorRead => Access::Read,
        _ => Access::Write,
    }
}

/// The rule that matches `name` most closely: an exact one first, then the pattern with the fewest characters left
/// to its wildcards.
fn closest<'a, T>(rules: &'a [(String, T)], name: &str) -> Option<&'a T> {
    if let Some((_, rule)) = rules.iter().find(|(pattern, _)| pattern == name) {
        return Some(rule);
    }
    rules
        .iter()
        .filter(|(pattern, _)| glob(pattern, name))
        .min_by_key(|(pattern, _)| name.len().saturating_sub(pattern.bytes().filter(|b| *b != b'*').count()))
        .map(|(_, rule)| rule)
}

/// Whether `pattern`, in which `*` stands for any run of characters, matches all of `text`.
fn glob(pattern: &str, text: &str) -> bool {
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

    fn reader_of(patterns: &[&str]) -> Acl {
        let held = BTreeSet::from([Capability::ReadJob, Capability::ListJobs]);
        let namespaces = patterns.iter().map(|p| ((*p).to_owned(), held.clone())).collect();
        Acl::Rules(Rules { namespaces, ..Rules::default() })
    }

    fn namespace(name: &str) -> Option<Namespace> {
        Namespace::new(name).ok()
    }

    const READ: Requirement = Requirement::AnyOf(&[Capability::ReadJob]);

    #[test]
    fn an_empty_rule_set_allows_public_routes_only() {
        let nobody = Acl::Rules(Rules::default());
        assert!(nobody.authorize(Requirement::Public, None).is_ok());
        assert!(nobody.authorize(READ, None).is_err());
        assert!(nobody.authorize(Requirement::AnyOf(&[Capability::Management]), None).is_err());
    }

    #[test]
    fn patterns_bind_to_their_namespaces() {
        let acl = reader_of(&["team-*"]);
        assert!(acl.authorize(READ, namespace("team-a").as_ref()).is_ok());
        assert!(acl.authorize(READ, namespace("other").as_ref()).is_err());
        assert!(
            acl.authorize(READ, None).is_ok(),
            "`*` is allowed where any namespace is, and then filtered"
        );
    }

    #[test]
    fn the_closest_pattern_wins_even_when_it_allows_less() {
        let all = BTreeSet::from([Capability::ReadJob]);
        let rules = vec![("*".to_owned(), all), ("prod-*".to_owned(), BTreeSet::new())];
        let acl = Acl::Rules(Rules { namespaces: rules, ..Rules::default() });
        assert!(acl.authorize(READ, namespace("dev").as_ref()).is_ok());
        assert!(acl.authorize(READ, namespace("prod-1").as_ref()).is_err());
    }

    #[test]
    fn globs() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("a*c", "abc", true),
            ("a*c", "ab", false),
            ("*b*", "abc", true),
            ("a", "ab", false),
            ("ab*ab", "ab", false),
        ] {
            assert_eq!(glob(pattern, text), expected, "{pattern} {text}");
        }
    }
}
