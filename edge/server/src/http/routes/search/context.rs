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

const EMPTY: [Context; 6] = [
    Context::Empty("host_volumes"),
    Context::Empty("plugins"),
    Context::Empty("quotas"),
    Context::Empty("recommendations"),
    Context::Empty("vars"),
    Context::Empty("volumes"),
];

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
    ///
    /// # Errors
    /// [`Denied`] when the caller has none of the capabilities that would do (`acl.md` 3.3).
    pub(super) fn rights(self, grant: &Grant, namespace: Option<&Namespace>) -> Result<Grant, Denied> {
        let any: &'static [Capability] = match self {
            Self::Nodes => &[Capability::NodeRead],
            // Whoever has some rule about pools may ask; only what may be read is found.
            Self::NodePools => {
                &[Capability::NodePoolRead, Capability::NodePoolWrite, Capability::NodePoolDelete]
            }
            Self::ScalingPolicies => &[Capability::ListScalingPolicies],
            // Whoever may do anything in a namespace may know of it.
            Self::Namespaces => Capability::IN_NAMESPACE,
            Self::Empty("volumes") => &[
                Capability::CsiListVolume,
                Capability::CsiReadVolume,
                Capability::ListJobs,
                Capability::ReadJob,
            ],
            Self::Empty("host_volumes") => &[Capability::HostVolumeRead],
            Self::Empty("vars") => &[
                Capability::VariableList,
                Capability::VariableRead,
                Capability::VariableWrite,
                Capability::VariableDestroy,
            ],
            Self::Empty("plugins") => &[Capability::PluginList],
            Self::Empty("quotas") => &[Capability::QuotaRead],
            _ => &[Capability::ReadJob],
        };
        grant.also(Requirement::AnyOf(any), namespace)
    }

    /// The same, narrowed to what may be read of what was found.
    pub(super) fn readable(self, grant: &Grant, namespace: Option<&Namespace>) -> Result<Grant, Denied> {
        match self {
            Self::NodePools => grant.also(Requirement::AnyOf(&[Capability::NodePoolRead]), None),
            other => other.rights(grant, namespace),
        }
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
    let candidates = one.map_or_else(|| Context::ALL.into_iter().chain(EMPTY).collect(), |one| vec![one]);
    let mut allowed: Vec<Context> =
        candidates.into_iter().filter(|context| context.rights(grant, namespace.one()).is_ok()).collect();
    if allowed.is_empty() {
        return Err(Denied.into());
    }
    // Of kinds that hold nothing there is nothing to tell, unless one is asked for.
    if one.is_none() {
        allowed.retain(|context| !matches!(context, Context::Empty(_)));
    }
    Ok(allowed)
}

fn named(name: &str) -> Option<Context> {
    let known = Context::ALL.into_iter().find(|context| context.name() == name);
    known.or_else(|| EMPTY.into_iter().find(|empty| empty.name() == name))
}

fn unknown(name: &str) -> ApiError {
    let mut names: Vec<&str> = Context::ALL.iter().chain(&EMPTY).map(|context| context.name()).collect();
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
