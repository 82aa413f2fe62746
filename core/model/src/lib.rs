//! The nouns of a cluster and their legal transitions, one file each.
//!
//! Everything here is *decided*: defaults are filled in, names are checked, units are in the type or the field's
//! name. Undecided input lives in `muster-jobspec`; response shapes live in `muster-api`. Job, node and evaluation
//! are cold and serve as row and record at once; allocations are hot and have a row of their own ([`Alloc`]) whose
//! record is in `muster-state`.

pub mod acl_policy;
pub mod acl_role;
pub mod acl_token;
pub mod action;
pub mod alloc;
pub mod allotment;
pub mod annotations;
pub mod artifact;
pub mod check;
pub mod choice;
pub mod cidr;
pub mod class;
pub mod cleanup;
pub mod connect;
pub mod constraint;
pub mod consul;
pub mod csi;
pub mod deployment;
pub mod device;
pub mod disconnect;
pub mod dispatch;
pub mod drain;
pub mod eval;
pub mod gateway;
pub mod glob;
pub mod group;
pub mod identity;
pub mod job;
mod join_token;
pub mod metric;
pub mod migrate;
pub mod multiregion;
pub mod namespace;
pub mod network;
pub mod node;
pub mod node_pool;
pub mod one_time_token;
pub mod payload;
pub mod periodic;
pub mod plan;
pub mod planted;
pub mod policy;
pub mod quantity;
pub mod rescheduling;
pub mod resources;
mod revocation;
pub mod root_key;
pub mod scaling;
pub mod schedule;
pub mod scheduler_config;
pub mod secret;
pub mod service;
pub mod shared;
pub mod taken;
pub mod task;
pub mod task_state;
pub mod template;
pub mod ui;
pub mod update;
pub mod value;
pub mod vault;
pub mod version;
pub mod version_tag;
pub mod volume;

pub use acl_policy::{AclPolicy, JobAcl, MAX_ACL_DESCRIPTION, UnboundLevel};
pub use acl_role::AclRole;
pub use acl_token::{AclToken, TokenKind};
pub use action::Action;
pub use alloc::{
    Alloc, AllocState, AllocatedPort, ClientStatus, DesiredStatus, DesiredTransition, Preemption,
};
pub use allotment::{Allotment, AllottedDevice, InstanceKey, TaskAllotment, bound_ports};
pub use annotations::{DesiredUpdates, PlanAnnotations};
pub use artifact::{Artifact, ArtifactMode};
pub use check::{Check, CheckAddressMode, CheckKind, CheckRestart, InitialStatus, OnUpdate};
pub use choice::ChoiceError;
pub use cidr::{Cidr, CidrError};
pub use class::{class_number, computed_class};
pub use cleanup::{Cleanup, CleanupMode, CleanupModeError};
pub use connect::{
    Connect, Expose, ExposePath, MeshGateway, Proxy, SidecarService, SidecarTask, TransparentProxy, Upstream,
};
pub use constraint::{Affinity, Constraint, Operand, Spread, SpreadTarget};
pub use consul::Consul;
pub use csi::{CsiPlugin, CsiPluginKind};
pub use deployment::{
    AllocDeployment, AllocHealth, Deployment, DeploymentFailure, DeploymentGroup, DeploymentStatus,
    DeploymentUpdate,
};
pub use device::{DeviceGroup, DeviceInstance, DeviceRequest, Numa, NumaAffinity};
pub use disconnect::{Disconnect, Reconcile};
pub use dispatch::{
    Allowed, AllowedConstraint, Bounds, DispatchLimits, OverrideRefusal, Overrides, Parameterized,
    PayloadRule, task_at,
};
pub use drain::{DrainDeadline, DrainSpec, DrainStatus, DrainStrategy, LastDrain};
pub use eval::{EvalStatus, EvalTrigger, Evaluation};
pub use gateway::{
    BindAddress, Gateway, GatewayProxy, GatewayTls, HeaderModifiers, Ingress, IngressListener,
    IngressService, LinkedService, Mesh, Sds, Terminating,
};
pub use glob::glob_matches;
pub use group::{EphemeralDisk, Group};
pub use identity::{Identity, IdentityChange, TokenChange};
pub use job::{Job, JobKey, JobStatus, JobSubmission, JobType, SourceFormat};
pub use join_token::{JoinRole, JoinToken, JoinUse};
pub use metric::{AllocMetric, NodeScore};
pub use migrate::Migrate;
pub use multiregion::{Multiregion, OnRegionFailure, RegionSpec, RegionStrategy};
pub use namespace::{
    ClusterChoice, NamespaceCapabilities, NamespaceDetails, NamespaceObjection, PoolBinding,
};
pub use network::{Cni, Dns, GroupNetwork, NetworkMode, PortRequest};
pub use node::{
    ACCEPTED_NAMESPACES, Core, DriverInfo, Eligibility, HostNetwork, HostVolume, Node, NodeAddress,
    NodeCapacity, NodeEvent, NodeStatus, Reserved,
};
pub use node_pool::NodePoolDetails;
pub use one_time_token::OneTimeToken;
pub use payload::Payload;
pub use periodic::Periodic;
pub use plan::{Placement, Plan, PlanOutcome, Stop};
pub use policy::{DelayFunction, ReschedulePolicy, RestartMode, RestartPolicy};
pub use quantity::{Quantity, Scalar};
pub use rescheduling::{RescheduleEvent, Rescheduling};
pub use resources::{Resources, TaskResources};
pub use revocation::{Revocation, RevokedSubject, RevokedSubjectError};
pub use root_key::{RootKey, RootKeyState, SigningAlgorithm, WrappedKey};
pub use scaling::{KEPT_SCALING_EVENTS, ScalingEvent, ScalingPolicy};
pub use schedule::{ScheduleCron, TaskSchedule};
pub use scheduler_config::{PoolSchedulerConfig, PreemptionConfig, SchedulerAlgorithm, SchedulerConfig};
pub use secret::SecretRef;
pub use service::{AddressMode, Service, ServiceProvider, ServiceWeights};
pub use shared::Shared;
pub use taken::{Share, Taken, Thing};
pub use task::{DispatchPayload, Lifecycle, LifecycleHook, LogConfig, Task};
pub use task_state::{TaskEvent, TaskEventKind, TaskPhase, TaskState};
pub use template::{ChangeMode, ChangeScript, Template, TemplateWait};
pub use ui::{JobLink, JobUi};
pub use update::{HealthCheck, JobUpdate, UpdateStrategy};
pub use value::Value;
pub use vault::Vault;
pub use version::{Requirements, Rules};
pub use version_tag::{VersionTag, VersionTagError};
pub use volume::{
    AccessMode, AttachmentMode, MountOptions, PropagationMode, SelinuxLabel, VolumeKind, VolumeMount,
    VolumeRequest,
};
