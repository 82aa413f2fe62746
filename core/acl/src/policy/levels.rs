//! What the coarse words stand for, and what a capability brings with it.

use super::words::Level;
use crate::Capability::{self, *};
use crate::Scope;
use crate::held::{Capabilities, Held};

const NAMESPACE_READ: &[Capability] = &[
    ListJobs,
    ParseJob,
    ReadJob,
    CsiListVolume,
    CsiReadVolume,
    ReadJobScaling,
    ListScalingPolicies,
    ReadScalingPolicy,
    HostVolumeRead,
];

/// In addition to what reading brings.
const NAMESPACE_WRITE: &[Capability] = &[
    ScaleJob,
    SubmitJob,
    DispatchJob,
    ReadLogs,
    ReadFs,
    AllocExec,
    AllocLifecycle,
    CsiMountVolume,
    CsiWriteVolume,
    SubmitRecommendation,
    HostVolumeCreate,
];

const NAMESPACE_SCALE: &[Capability] =
    &[ListScalingPolicies, ReadScalingPolicy, ReadJobScaling, ScaleJob, ReadJob, SubmitRecommendation];

/// What a rule of this scope holds whose `policy` is `level`.
pub(super) fn expand(scope: Scope, level: Level) -> Held {
    let (first, more): (&[Capability], &[Capability]) = match (scope, level) {
        (_, Level::Deny) => return Held::DENIED,
        // The language takes the word, and nothing is ever granted for it; merged with a lower level it wins. That is
        // what a denial does.
        (Scope::Plugin, Level::Write) => return Held::DENIED,
        (Scope::Namespace, Level::Read) => (NAMESPACE_READ, &[]),
        (Scope::Namespace, Level::Write) => (NAMESPACE_READ, NAMESPACE_WRITE),
        (Scope::Namespace, Level::Scale) => (NAMESPACE_SCALE, &[]),
        (Scope::NodePool, Level::Read) => (&[NodePoolRead], &[]),
        (Scope::NodePool, Level::Write) => (&[NodePoolRead], &[NodePoolWrite, NodePoolDelete]),
        (Scope::HostVolume, Level::Read) => (&[MountReadonly], &[]),
        (Scope::HostVolume, Level::Write) => (&[MountReadonly], &[MountReadwrite]),
        (Scope::Node, Level::Read) => (&[NodeRead], &[]),
        (Scope::Node, Level::Write) => (&[NodeRead], &[NodeWrite]),
        (Scope::Agent, Level::Read) => (&[AgentRead], &[]),
        (Scope::Agent, Level::Write) => (&[AgentRead], &[AgentWrite]),
        (Scope::Operator, Level::Read) => (&[OperatorRead, LicenseRead, KeyringRead], &[]),
        (Scope::Operator, Level::Write) => (
            &[OperatorRead, LicenseRead, KeyringRead],
            &[OperatorWrite, SnapshotSave, KeyringRotate, KeyringDelete],
        ),
        (Scope::Quota, Level::Read) => (&[QuotaRead], &[]),
        (Scope::Quota, Level::Write) => (&[QuotaRead], &[QuotaWrite]),
        (Scope::Plugin, Level::List) => (&[PluginList], &[]),
        (Scope::Plugin, Level::Read) => (&[PluginList], &[PluginRead]),
        (Scope::Sentinel, Level::Read) => (&[SentinelRead], &[]),
        (Scope::Sentinel, Level::Write) => (&[SentinelRead], &[SentinelSubmit, SentinelDelete]),
        (_, Level::Scale | Level::List) | (Scope::Variable | Scope::Management, _) => (&[], &[]),
    };
    Held::new(first.iter().chain(more).copied().collect())
}

/// A capability and those that it brings with it.
pub(super) fn with_implied(capability: Capability) -> Capabilities {
    let implied: &[Capability] = match capability {
        HostVolumeWrite => &[HostVolumeRegister, HostVolumeCreate, HostVolumeDelete, HostVolumeRead],
        HostVolumeRegister => &[HostVolumeCreate, HostVolumeRead],
        HostVolumeCreate => &[HostVolumeRead],
        VariableRead => &[VariableList],
        _ => &[],
    };
    implied.iter().copied().chain([capability]).collect()
}
