//! The nouns of a cluster and their legal transitions, one file each.
//!
//! Everything here is *decided*: defaults are filled in, names are checked, units are in the type or the field's
//! name. Undecided input lives in `muster-jobspec`; response shapes live in `muster-api`. Job, node and evaluation
//! are cold and serve as row and record at once; allocations are hot and have a row of their own ([`Alloc`]) whose
//! record is in `muster-state`.

pub mod acl_token;
pub mod alloc;
pub mod artifact;
pub mod cleanup;
pub mod constraint;
pub mod eval;
pub mod group;
pub mod job;
pub mod metric;
pub mod network;
pub mod node;
pub mod payload;
pub mod plan;
pub mod policy;
pub mod resources;
pub mod task;
pub mod task_state;
pub mod value;

pub use acl_token::{AclToken, TokenKind};
pub use alloc::{Alloc, AllocatedPort, ClientStatus, DesiredStatus, DesiredTransition};
pub use artifact::{Artifact, ArtifactMode};
pub use cleanup::{Cleanup, CleanupMode, CleanupModeError};
pub use constraint::{Affinity, Constraint, Operand, Spread, SpreadTarget};
pub use eval::{EvalStatus, EvalTrigger, Evaluation};
pub use group::{EphemeralDisk, Group};
pub use job::{Job, JobKey, JobStatus, JobSubmission, JobType, SourceFormat};
pub use metric::{AllocMetric, NodeScore};
pub use network::{GroupNetwork, NetworkMode, PortRequest};
pub use node::{DriverInfo, Eligibility, HostVolume, Node, NodeCapacity, NodeEvent, NodeStatus, Reserved};
pub use payload::{Payload, PayloadTooLarge};
pub use plan::{Placement, Plan, PlanOutcome, Stop};
pub use policy::{DelayFunction, ReschedulePolicy, RestartMode, RestartPolicy};
pub use resources::{Resources, TaskResources};
pub use task::{DispatchPayload, Lifecycle, LifecycleHook, LogConfig, Task};
pub use task_state::{TaskEvent, TaskEventKind, TaskPhase, TaskState};
pub use value::Value;
