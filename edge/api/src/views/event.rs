//! Lines of the event stream.

use muster_jobspec::JobInput;
use serde::Serialize;
use serde::ser::SerializeMap;

use super::{
    AclPolicyView, AclRoleView, AclTokenStub, AllocView, DeploymentView, EvalView, NodePoolView, NodeView,
};

/// One object that changed.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct EventView {
    pub topic: &'static str,
    #[serde(rename = "Type")]
    pub kind: &'static str,
    pub key: String,
    pub namespace: String,
    pub filter_keys: Option<Vec<String>>,
    pub index: u64,
    pub payload: EventPayload,
}

/// The object, under the name of its kind.
#[derive(Debug)]
pub enum EventPayload {
    /// Whether it is gone for good.
    Job(Box<JobInput>, bool),
    /// Without its job.
    Alloc(Box<AllocView>),
    Eval(Box<EvalView>),
    Deployment(Box<DeploymentView>),
    Node(Box<NodeView>),
    NodePool(NodePoolView),
    /// Without its secret.
    AclToken(AclTokenStub),
    /// Its rules as text only.
    AclPolicy(Box<AclPolicyView>),
    AclRole(AclRoleView),
}

impl Serialize for EventPayload {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self {
            Self::Job(job, deleted) => {
                map.serialize_entry("Job", job)?;
                if *deleted {
                    map.serialize_entry("Deleted", deleted)?;
                }
            }
            Self::Alloc(alloc) => map.serialize_entry("Allocation", alloc)?,
            Self::Eval(eval) => map.serialize_entry("Evaluation", eval)?,
            Self::Deployment(deployment) => map.serialize_entry("Deployment", deployment)?,
            Self::Node(node) => map.serialize_entry("Node", node)?,
            Self::NodePool(pool) => map.serialize_entry("NodePool", pool)?,
            Self::AclToken(token) => map.serialize_entry("ACLToken", token)?,
            Self::AclPolicy(policy) => map.serialize_entry("ACLPolicy", policy)?,
            Self::AclRole(role) => map.serialize_entry("ACLRole", role)?,
        }
        map.end()
    }
}

/// A line that has no events and says why.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct EventNotice {
    /// Asking for the entry after this one goes on where this line is.
    pub index: u64,
    /// Always empty: who knows nothing of notices takes it for a line about nothing.
    pub events: [(); 0],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gap: Option<EventGapView>,
    /// Why the stream ends with this line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// Entries that were asked for and whose events are not known.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct EventGapView {
    pub from: u64,
    pub to: u64,
}
