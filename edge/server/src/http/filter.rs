//! The `filter` parameter: which objects of a list are asked for. Filters name members of the whole object, also where
//! the list shows stubs; they are asked after the caller's rights and before pages are cut.

mod subject;

use std::sync::{Arc, LazyLock};

use muster_api::views::{
    AclTokenStub, AllocView, DeploymentView, EvalView, NamespaceView, NodePoolView, NodeView,
};
use muster_filter::{Filter, FilterError, Fuel, Noun, Subject};
use muster_jobspec::JobInput;
use muster_model::{AclToken, Alloc, Deployment, Evaluation, Job, NamespaceDetails, Node};

use super::blocking::Read;
use super::error::ApiError;
use crate::scoped::Pool;

type Known = LazyLock<Result<Noun, String>>;

macro_rules! nouns {
    ($($name:ident: $view:ty;)*) => {
        $(static $name: Known = LazyLock::new(|| Noun::of::<$view>().map_err(|error| error.to_string()));)*
    };
}

nouns! {
    JOB: JobInput;
    ALLOC: AllocView;
    EVAL: EvalView;
    DEPLOYMENT: DeploymentView;
    NODE: NodeView;
    POOL: NodePoolView;
    NAMESPACE: NamespaceView;
    TOKEN: AclTokenStub;
}

pub(crate) fn jobs<'a>(
    read: &Read<'_>,
    jobs: impl Iterator<Item = &'a Arc<Job>>,
) -> Result<Vec<&'a Arc<Job>>, ApiError> {
    choose(read, &JOB, jobs, |job| subject::job(job))
}

pub(crate) fn allocs<'a>(
    read: &Read<'_>,
    allocs: impl Iterator<Item = &'a Arc<Alloc>>,
) -> Result<Vec<&'a Arc<Alloc>>, ApiError> {
    choose(read, &ALLOC, allocs, |alloc| subject::alloc(alloc, &read.state))
}

pub(crate) fn evals<'a>(
    read: &Read<'_>,
    evals: impl Iterator<Item = &'a Arc<Evaluation>>,
) -> Result<Vec<&'a Arc<Evaluation>>, ApiError> {
    choose(read, &EVAL, evals, |eval| subject::eval(eval))
}

pub(crate) fn deployments<'a>(
    read: &Read<'_>,
    deployments: impl Iterator<Item = &'a Arc<Deployment>>,
) -> Result<Vec<&'a Arc<Deployment>>, ApiError> {
    choose(read, &DEPLOYMENT, deployments, |deployment| subject::deployment(deployment))
}

pub(crate) fn nodes<'a>(
    read: &Read<'_>,
    nodes: impl Iterator<Item = &'a Arc<Node>>,
) -> Result<Vec<&'a Arc<Node>>, ApiError> {
    choose(read, &NODE, nodes, |node| subject::node(node))
}

pub(crate) fn pools<'a>(
    read: &Read<'_>,
    pools: impl Iterator<Item = Pool<'a>>,
) -> Result<Vec<Pool<'a>>, ApiError> {
    choose(read, &POOL, pools, subject::pool)
}

pub(crate) fn namespaces<'a>(
    read: &Read<'_>,
    namespaces: impl Iterator<Item = &'a Arc<NamespaceDetails>>,
) -> Result<Vec<&'a Arc<NamespaceDetails>>, ApiError> {
    choose(read, &NAMESPACE, namespaces, |details| subject::namespace(details))
}

pub(crate) fn tokens<'a>(
    read: &Read<'_>,
    tokens: impl Iterator<Item = &'a Arc<AclToken>>,
) -> Result<Vec<&'a Arc<AclToken>>, ApiError> {
    choose(read, &TOKEN, tokens, |token| subject::token(token, &read.state))
}

/// A filter for evaluations that comes in a body instead of the query.
pub(crate) fn matching_evals<'a>(
    text: &str,
    evals: impl Iterator<Item = &'a Arc<Evaluation>>,
) -> Result<Vec<&'a Arc<Evaluation>>, ApiError> {
    chosen(text, &EVAL, evals, |eval| subject::eval(eval))
}

fn choose<T: Copy, S: Subject>(
    read: &Read<'_>,
    noun: &Known,
    items: impl Iterator<Item = T>,
    subject: impl Fn(T) -> S,
) -> Result<Vec<T>, ApiError> {
    match &read.options.filter {
        None => Ok(items.collect()),
        Some(text) => chosen(text, noun, items, subject),
    }
}

fn chosen<T: Copy, S: Subject>(
    text: &str,
    noun: &Known,
    items: impl Iterator<Item = T>,
    subject: impl Fn(T) -> S,
) -> Result<Vec<T>, ApiError> {
    let noun = noun.as_ref().map_err(|error| ApiError::internal(error.clone()))?;
    let filter = Filter::new(text, noun).map_err(|error| bad(&error))?;
    let mut fuel = Fuel::for_a_list();
    let mut found = Vec::new();
    for item in items {
        if filter.matches(&subject(item), &mut fuel).map_err(|error| bad(&error))? {
            found.push(item);
        }
    }
    Ok(found)
}

/// 400 in the contract's words, by which clients tell a wrong text from a wrong question.
fn bad(error: &FilterError) -> ApiError {
    ApiError::bad_request(match error.problem.is_syntax() {
        true => format!("failed to create result paginator: failed to read filter expression: {error}"),
        false => format!("failed to read result page: {error}"),
    })
}
