//! Ids that begin with a text.

use muster_api::views::{SearchRequest, SearchResponse};
use muster_state::{IdPrefix, WatchKey};

use super::context::{Context, chosen, namespace};
use super::policies;
use crate::http::blocking::{Answer, Read, ReadResult};
use crate::http::body;
use crate::http::options::NamespaceChoice;
use crate::scoped::Scoped;

/// Ids given for one context.
const MAX_MATCHES: usize = 20;

pub(crate) fn prefix(read: &Read<'_>) -> ReadResult<SearchResponse> {
    let request: SearchRequest = body::decode(read.body)?;
    let namespace = namespace(read.options, &request.namespace)?;
    let mut response = SearchResponse { known_leader: true, ..SearchResponse::default() };
    for context in chosen(&request.context, false, read.grant, &namespace)? {
        let Ok(rights) = context.readable(read.grant, namespace.one()) else { continue };
        let state = read.state.under(&rights);
        let Some(mut ids) = ids(&state, context, &request.prefix, &namespace) else { continue };
        let truncated = ids.len() > MAX_MATCHES;
        ids.truncate(MAX_MATCHES);
        response.matches.insert(context.name().to_owned(), (!ids.is_empty()).then_some(ids));
        response.truncations.insert(context.name().to_owned(), truncated);
    }
    let watch = [
        WatchKey::Jobs,
        WatchKey::Allocs,
        WatchKey::Evals,
        WatchKey::Deployments,
        WatchKey::Nodes,
        WatchKey::NodePools,
        WatchKey::Namespaces,
        WatchKey::ScalingPolicies,
    ];
    response.index = read.state.watch_index(&watch).0;
    Ok(Answer::new(response, watch))
}

/// One more than are given, if there are; `None` where the text can be the beginning of no id.
fn ids(state: &Scoped<'_>, context: Context, text: &str, namespace: &NamespaceChoice) -> Option<Vec<String>> {
    let most = MAX_MATCHES + 1;
    let by_id = || IdPrefix::parse(text).ok();
    Some(match context {
        Context::Jobs => {
            let jobs = state.jobs().filter(|job| namespace.covers(&job.namespace));
            jobs.filter(|job| job.id.as_str().starts_with(text))
                .take(most)
                .map(|job| job.id.to_string())
                .collect()
        }
        Context::Allocs => {
            let allocs = state.allocs(&by_id()?).filter(|alloc| namespace.covers(&alloc.job.namespace));
            allocs.take(most).map(|alloc| alloc.id.to_string()).collect()
        }
        Context::Evals => {
            let evals = state.evals(&by_id()?).filter(|eval| namespace.covers(&eval.namespace));
            evals.take(most).map(|eval| eval.id.to_string()).collect()
        }
        Context::Deployments => {
            let deployments = state.deployments(&by_id()?).filter(|one| namespace.covers(&one.namespace));
            deployments.take(most).map(|one| one.id.to_string()).collect()
        }
        Context::Nodes => state.nodes(&by_id()?).take(most).map(|node| node.id.to_string()).collect(),
        Context::NodePools => {
            let pools = state.node_pools().filter(|pool| pool.as_str().starts_with(text));
            pools.take(most).map(ToString::to_string).collect()
        }
        Context::Namespaces => {
            let found = state.namespaces().filter(|details| details.name.as_str().starts_with(text));
            found.take(most).map(|details| details.name.to_string()).collect()
        }
        Context::ScalingPolicies => {
            policies::begin_with(state, text, namespace).iter().take(most).map(ToString::to_string).collect()
        }
        Context::Empty(_) => Vec::new(),
    })
}
