//! Names that hold a text anywhere, whatever its case; what begins with it first.

use std::collections::BTreeMap;

use muster_api::views::{FuzzyMatch, FuzzySearchRequest, FuzzySearchResponse};
use muster_model::{Job, Task};
use muster_state::{IdPrefix, WatchKey};

use super::context::{Context, chosen, namespace};
use super::{SearchLimits, policies};
use crate::http::blocking::{Answer, Missing, Read, ReadResult};
use crate::http::body;
use crate::http::error::ApiError;
use crate::http::options::NamespaceChoice;
use crate::scoped::Scoped;

pub(crate) fn fuzzy(read: &Read<'_>, limits: SearchLimits) -> ReadResult<FuzzySearchResponse> {
    let request: FuzzySearchRequest = body::decode(read.body)?;
    check(&request, limits)?;
    let namespace = namespace(read.options, &request.namespace)?;
    let part = request.context.as_str();
    let mut finds =
        Finds { text: request.text.to_lowercase(), limits, found: BTreeMap::new(), cut: Vec::new() };
    for context in chosen(part, true, read.grant, &namespace)? {
        let Ok(rights) = context.readable(read.grant, namespace.one()) else { continue };
        finds.search(&read.state.under(&rights), context, &namespace);
    }
    let watch = [
        WatchKey::Jobs,
        WatchKey::Allocs,
        WatchKey::Evals,
        WatchKey::Nodes,
        WatchKey::NodePools,
        WatchKey::Namespaces,
        WatchKey::ScalingPolicies,
    ];
    let only = (!matches!(part, "all" | "jobs")).then_some(part);
    let response = FuzzySearchResponse {
        known_leader: true,
        index: read.state.watch_index(&watch).0,
        ..finds.response(only)
    };
    Ok(Answer::new(response, watch))
}

fn check(request: &FuzzySearchRequest, limits: SearchLimits) -> Result<(), Missing> {
    if !limits.fuzzy_enabled {
        return Err(ApiError::internal("fuzzy search is not enabled").into());
    }
    let length = request.text.chars().count();
    if length < limits.min_term {
        let text =
            format!("fuzzy search query must be at least {} characters, got {length}", limits.min_term);
        return Err(ApiError::internal(text).into());
    }
    Ok(())
}

/// A match and what it is ranked by: where the text stands, then how long the name is.
type Ranked = (usize, usize, FuzzyMatch);

struct Finds {
    /// Lower case.
    text: String,
    limits: SearchLimits,
    found: BTreeMap<&'static str, Vec<Ranked>>,
    /// Contexts with more than was looked for.
    cut: Vec<&'static str>,
}

impl Finds {
    /// Looks through what `state` shows of a kind.
    fn search(&mut self, state: &Scoped<'_>, context: Context, namespace: &NamespaceChoice) {
        match context {
            Context::Jobs => {
                let jobs = state.jobs().filter(|job| namespace.covers(&job.namespace));
                self.first_objects("jobs", jobs, |finds, job| finds.job(job));
            }
            Context::Allocs => {
                let allocs = state.allocs(&IdPrefix::NONE);
                let allocs = allocs.filter(|alloc| namespace.covers(&alloc.job.namespace));
                self.first_objects("allocs", allocs, |finds, alloc| {
                    let scope = || vec![alloc.job.namespace.to_string(), alloc.id.to_string()];
                    finds.name("allocs", &alloc.name(), scope)
                });
            }
            Context::Nodes => {
                let nodes = state.nodes(&IdPrefix::NONE);
                self.first_objects("nodes", nodes, |finds, node| {
                    finds.name("nodes", &node.name, || vec![node.id.to_string()])
                });
            }
            Context::NodePools => {
                self.first_objects("node_pools", state.node_pools(), |finds, pool| {
                    finds.name("node_pools", pool.as_str(), Vec::new)
                });
            }
            Context::Namespaces => {
                self.first_objects("namespaces", state.namespaces(), |finds, details| {
                    finds.name("namespaces", details.name.as_str(), Vec::new)
                });
            }
            // Ids without a name are found by how they begin.
            Context::Evals => {
                let evals = IdPrefix::parse(&self.text).into_iter().flat_map(|prefix| state.evals(&prefix));
                let evals = evals.filter(|eval| namespace.covers(&eval.namespace));
                self.first_objects("evals", evals, |finds, eval| finds.id("evals", &eval.id));
            }
            Context::Deployments => {
                let prefix = IdPrefix::parse(&self.text).into_iter();
                let found = prefix.flat_map(|prefix| state.deployments(&prefix));
                let found = found.filter(|one| namespace.covers(&one.namespace));
                self.first_objects("deployment", found, |finds, one| finds.id("deployment", &one.id));
            }
            Context::ScalingPolicies => {
                let ids = policies::begin_with(state, &self.text, namespace);
                self.first_objects("scaling_policy", ids.iter(), |finds, id| finds.id("scaling_policy", id));
            }
            Context::Empty(_) => {}
        }
    }

    /// Looks at objects until as many were found as are allowed.
    fn first_objects<T>(
        &mut self,
        context: &'static str,
        objects: impl Iterator<Item = T>,
        mut look: impl FnMut(&mut Self, T) -> bool,
    ) {
        let mut left = self.limits.query;
        for object in objects {
            if left == 0 {
                self.cut.push(context);
                return;
            }
            left -= usize::from(look(self, object));
        }
    }

    /// The job's own name and those of its parts.
    fn job(&mut self, job: &Job) -> bool {
        let scope = |more: &[&str]| {
            let whole = [job.namespace.as_str(), job.id.as_str()];
            whole.iter().chain(more).map(|part| (*part).to_owned()).collect::<Vec<_>>()
        };
        let mut found = self.name("jobs", &job.name, || scope(&[]));
        for group in &job.groups {
            found |= self.name("groups", group.name.as_str(), || scope(&[]));
            for task in &group.tasks {
                found |= self.name("tasks", task.name.as_str(), || scope(&[group.name.as_str()]));
                let within = || scope(&[group.name.as_str(), task.name.as_str()]);
                for (context, key) in [("images", "image"), ("commands", "command"), ("classes", "class")] {
                    found |= setting(task, key).is_some_and(|value| self.name(context, value, within));
                }
            }
        }
        found
    }

    /// Something without a name, whose id begins with the text.
    fn id(&mut self, context: &'static str, id: &impl ToString) -> bool {
        let found = FuzzyMatch { id: id.to_string(), scope: Vec::new() };
        self.found.entry(context).or_default().push((0, 0, found));
        true
    }

    fn name(&mut self, context: &'static str, name: &str, scope: impl FnOnce() -> Vec<String>) -> bool {
        let Some(at) = name.to_lowercase().find(&self.text) else { return false };
        let found = FuzzyMatch { id: name.to_owned(), scope: scope() };
        self.found.entry(context).or_default().push((at, name.len(), found));
        true
    }

    /// `only` keeps one context of those found.
    fn response(self, only: Option<&str>) -> FuzzySearchResponse {
        let mut response = FuzzySearchResponse::default();
        for (context, mut found) in self.found {
            if only.is_some_and(|only| only != context) {
                continue;
            }
            found.sort_by(|(at, length, one), (other_at, other_length, other)| {
                (at, length, &one.id, &one.scope).cmp(&(other_at, other_length, &other.id, &other.scope))
            });
            let cut = found.len() > self.limits.results || self.cut.contains(&context);
            let matches = found.into_iter().take(self.limits.results).map(|(_, _, found)| found);
            response.matches.insert(context.to_owned(), matches.collect());
            response.truncations.insert(context.to_owned(), cut);
        }
        response
    }
}

fn setting<'a>(task: &'a Task, key: &str) -> Option<&'a str> {
    task.config.get(key).and_then(muster_model::Value::as_str)
}
