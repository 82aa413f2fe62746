//! Typed ids and names. Every identifier that crosses a function boundary has its own type and is checked when it
//! is parsed, so that a `NodeId` can never be passed where an `AllocId` is meant and no unchecked text reaches a
//! path, a log line or a table key.
//!
//! Pure: ids are never made here. The edge draws the 16 random bytes and hands them in.

mod index;
mod name;
mod uuid_kind;

pub use index::{Index, UnixNanos};
pub use name::{
    Datacenter, DriverName, GroupName, JobId, NameError, Namespace, NodeClass, NodePool, PolicyName, Region,
    RoleName, TaskName, Text,
};
pub use uuid_kind::{
    AccessorId, AllocId, DeploymentId, EvalId, IdError, JoinTokenId, NodeId, RoleId, RootKeyId,
    ScalingPolicyId, ServerId,
};
