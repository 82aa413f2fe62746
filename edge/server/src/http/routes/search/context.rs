//! What can be searched, and who may.

use muster_acl::{Capability, Denied, Grant, Requirement};
use muster_ids::Namespace;

use crate::http::error::ApiError;
use crate::http::options::{NamespaceChoice, Options};

/// A kind of object. Those without a variant hold nothing in this version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Context {
    Allocs,
    Evals,
    Deployments,
    Jobs,
    Nodes,
    NodePools,
    Namespaces,
    ScalingPolicies,
    /// Known to the contract, and empty.
    Empty(&'static str),
}

const EMPTY: [&str; 6] = ["host_volumes", "plugins", "quotas", "recommendations", "vars", "volumes"];

/// Parts of jobs that fuzzy searches name.
const PARTS: [&str; 6] = ["groups", "services", "tasks", "images", "commands", "classes"];

impl Context {
    pub(super) const ALL: [Self; 8] = [
        Self::Allocs,
        Self::Evals,
        Self::Deployments,
        Self::Jobs,
        Self::Nodes,
        Self::NodePools,
        Self::Namespaces,
        Self::ScalingPolicies,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Allocs => "allocs",
            Self::Evals => "evals",
            Self::Deployments => "deployment",
            Self::Jobs => "jobs",
            Self::Nodes => "nodes",
            Self::NodePools => "node_pools",
            Self::Namespaces => "namespaces",
            Self::ScalingPolicies => "scaling_policy",
            Self::Empty(name) => name,
        }
    }

    /// The caller's rights to objects of the kind.
    pub(super) fn rights(self, grant: &Grant, namespace: Option<&Namespace>) -> Result<Grant, Denied> {
        let one: &'static [Capability] = match self {
            Self::Namespaces => Capability::IN_NAMESPACE,
            Self::Nodes => &[Capability::NodeRead],
            Self::NodePools => &[Capability::NodePoolRead],
            Self::ScalingPolicies => &[Capability::ListScalingPolicies],
            _ => &[Capability::ReadJob],
        };
        grant.also(Requirement::AnyOf(one), namespace)
    }

    /// Whether anything of the kind may be seen by a caller whose rights are `grant`.
    fn is_allowed(self, grant: &Grant, namespace: Option<&Namespace>) -> bool {
        self.rights(grant, namespace).is_ok()
    }
}

/// The contexts that a request is about: all that the caller may see, or the one named.
///
/// # Errors
/// 403 when none may be seen, 500 for one that does not exist.
pub(super) fn chosen(
    name: &str,
    fuzzy: bool,
    grant: &Grant,
    namespace: &NamespaceChoice,
) -> Result<Vec<Context>, ApiError> {
    let one = match name {
        "all" => None,
        name if fuzzy && PARTS.contains(&name) => Some(Context::Jobs),
        name => Some(named(name).ok_or_else(|| unknown(name))?),
    };
    let candidates = one.map_or_else(|| Context::ALL.to_vec(), |one| vec![one]);
    let allowed: Vec<Context> =
        candidates.into_iter().filter(|context| context.is_allowed(grant, namespace.one())).collect();
    if allowed.is_empty() { Err(Denied.into()) } else { Ok(allowed) }
}

fn named(name: &str) -> Option<Context> {
    let known = Context::ALL.into_iter().find(|context| context.name() == name);
    known.or_else(|| EMPTY.into_iter().find(|empty| *empty == name).map(Context::Empty))
}

fn unknown(name: &str) -> ApiError {
    let mut names: Vec<&str> = Context::ALL.iter().map(|context| context.name()).chain(EMPTY).collect();
    names.sort_unstable();
    ApiError::internal(format!(
        "context must be one of [{}] or 'all' for all contexts; got \"{name}\"",
        names.join(" ")
    ))
}

/// The namespace of the query, or else of the body.
pub(super) fn namespace(options: &Options, body: &str) -> Result<NamespaceChoice, ApiError> {
    let in_query = options.query.get("namespace").is_some_and(|name| !name.is_empty());
    match body {
        _ if in_query => Ok(options.namespace.clone()),
        "" => Ok(options.namespace.clone()),
        "*" => Ok(NamespaceChoice::All),
        name => Ok(NamespaceChoice::One(Namespace::new(name)?)),
    }
}
