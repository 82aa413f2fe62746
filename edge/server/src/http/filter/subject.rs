//! Objects as filters ask them: the members that people filter by are taken from the row itself; for the others the
//! whole view is made, once.

use std::borrow::Cow;
use std::cell::OnceCell;

use muster_api::views::{AclTokenStub, AllocView, DeploymentView, EvalView, NodeView};
use muster_filter::Subject;
use muster_model::{AclToken, Alloc, Deployment, Evaluation, Job, NamespaceDetails, Node};
use serde::Serialize;
use serde_json::Value;

use crate::http::routes::acl::hash;
use crate::http::routes::namespaces;
use crate::http::routes::pools::view;
use crate::scoped::{Pool, Scoped};

struct Lazy<Q, W> {
    quick: Q,
    whole: W,
    made: OnceCell<Value>,
}

impl<Q, W, V> Subject for Lazy<Q, W>
where
    Q: Fn(&str) -> Option<Value>,
    W: Fn() -> V,
    V: Serialize,
{
    fn member(&self, name: &str) -> Option<Cow<'_, Value>> {
        if let Some(value) = (self.quick)(name) {
            return Some(Cow::Owned(value));
        }
        let whole = || serde_json::to_value((self.whole)()).unwrap_or_default();
        self.made.get_or_init(whole).get(name).map(Cow::Borrowed)
    }
}

fn lazy<V: Serialize>(quick: impl Fn(&str) -> Option<Value>, whole: impl Fn() -> V) -> impl Subject {
    Lazy { quick, whole, made: OnceCell::new() }
}

fn text(text: &(impl ToString + ?Sized)) -> Option<Value> {
    Some(Value::String(text.to_string()))
}

fn number(number: impl Into<Value>) -> Option<Value> {
    Some(number.into())
}

pub(super) fn job(job: &Job) -> impl Subject + '_ {
    let quick = move |name: &str| match name {
        "ID" => text(&job.id),
        "Name" => text(&job.name),
        "ParentID" => Some(job.parent_id.as_ref().map(ToString::to_string).unwrap_or_default().into()),
        "Dispatched" => Some(Value::Bool(job.dispatched)),
        "Namespace" => text(&job.namespace),
        "Type" => text(job.kind.as_str()),
        "Status" => text(job.status.as_str()),
        "NodePool" => text(&job.node_pool),
        "Priority" => number(job.priority),
        "Stop" => Some(Value::Bool(job.stop)),
        "Version" => number(job.version),
        "SubmitTime" => number(job.submit_time.0),
        "CreateIndex" => number(job.create_index.0),
        "ModifyIndex" => number(job.modify_index.0),
        "JobModifyIndex" => number(job.job_modify_index.0),
        "Meta" => Some(map(&job.meta)),
        _ => None,
    };
    lazy(quick, move || muster_jobspec::view(job))
}

pub(super) fn alloc<'a>(alloc: &'a Alloc, state: &'a Scoped<'_>) -> impl Subject + 'a {
    let quick = move |name: &str| match name {
        "ID" => text(&alloc.id),
        "Namespace" => text(&alloc.job.namespace),
        "EvalID" => text(&alloc.eval_id),
        "NodeID" => text(&alloc.node_id),
        "JobID" => text(&alloc.job.id),
        "DesiredStatus" => text(alloc.desired.as_str()),
        "ClientStatus" => text(alloc.client.as_str()),
        "CreateIndex" => number(alloc.create_index.0),
        "ModifyIndex" => number(alloc.modify_index.0),
        "CreateTime" => number(alloc.create_time.0),
        "ModifyTime" => number(alloc.modify_time.0),
        _ => None,
    };
    lazy(quick, move || {
        AllocView::new(alloc, state.node_of(alloc), true).rescheduled(&state.rescheduling(alloc))
    })
}

pub(super) fn eval(eval: &Evaluation) -> impl Subject + '_ {
    let quick = move |name: &str| match name {
        "ID" => text(&eval.id),
        "Namespace" => text(&eval.namespace),
        "JobID" => text(&eval.job_id),
        "Type" => text(eval.kind.as_str()),
        "TriggeredBy" => text(eval.trigger.as_str()),
        "Status" => text(eval.status.as_str()),
        "Priority" => number(eval.priority),
        "CreateIndex" => number(eval.create_index.0),
        "ModifyIndex" => number(eval.modify_index.0),
        _ => None,
    };
    lazy(quick, move || EvalView::from(eval))
}

pub(super) fn deployment(deployment: &Deployment) -> impl Subject + '_ {
    let quick = move |name: &str| match name {
        "ID" => text(&deployment.id),
        "Namespace" => text(&deployment.namespace),
        "JobID" => text(&deployment.job_id),
        "JobVersion" => number(deployment.job_version),
        "Status" => text(deployment.status.as_str()),
        _ => None,
    };
    lazy(quick, move || DeploymentView::from(deployment))
}

pub(super) fn node(node: &Node) -> impl Subject + '_ {
    let quick = move |name: &str| match name {
        "ID" => text(&node.id),
        "Name" => text(&node.name),
        "Datacenter" => text(&node.datacenter),
        "NodePool" => text(&node.pool),
        "Status" => text(node.status.as_str()),
        "SchedulingEligibility" => text(node.eligibility.as_str()),
        "Meta" => Some(map(&node.meta)),
        _ => None,
    };
    lazy(quick, move || NodeView::from(node))
}

pub(super) fn pool(pool: Pool<'_>) -> impl Subject {
    let name = pool.name;
    lazy(move |member: &str| if member == "Name" { text(name) } else { None }, move || view(pool))
}

pub(super) fn namespace(details: &NamespaceDetails) -> impl Subject + '_ {
    let known = |member: &str| if member == "Name" { text(&details.name) } else { None };
    lazy(known, move || namespaces::view(details))
}

pub(super) fn token<'a>(token: &'a AclToken, state: &'a Scoped<'a>) -> impl Subject + 'a {
    lazy(|_: &str| None, move || AclTokenStub::new(token, state.role_links(token), hash(token)))
}

fn map<K: ToString, V: ToString>(map: &std::collections::BTreeMap<K, V>) -> Value {
    map.iter().map(|(key, value)| (key.to_string(), Value::String(value.to_string()))).collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use muster_ids::{EvalId, UnixNanos};
    use muster_model::{EvalTrigger, JobType};
    use muster_testkit::build;

    use super::*;

    /// What is taken from the row is what the view shows.
    fn agrees(subject: &dyn Subject, view: &impl Serialize) {
        let view = serde_json::to_value(view).unwrap();
        for (name, shown) in view.as_object().unwrap() {
            let asked = subject.member(name).unwrap();
            // An empty map is null on the wire, which filters cannot tell apart.
            let same = *asked == *shown
                || (shown.is_null() && asked.as_object().is_some_and(serde_json::Map::is_empty));
            assert!(same, "{name}: {asked} {shown}");
        }
        assert!(subject.member("NoSuchMember").is_none());
    }

    #[test]
    fn quick_members_are_those_of_the_view() {
        let one = build::job("web", JobType::Service, 2);
        agrees(&job(&one), &muster_jobspec::view(&one));
        let two = build::node(1);
        agrees(&node(&two), &NodeView::from(&two));
        let three =
            Evaluation::pending(EvalId::from_bytes([1; 16]), &one, EvalTrigger::JobRegister, UnixNanos(1));
        agrees(&eval(&three), &EvalView::from(&three));
    }
}
