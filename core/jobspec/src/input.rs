//! The undecided job, one file per block, with the JSON names of the contract.
//!
//! Absent fields are `None` and serialise as `null`, as the API answers them; only networks and ports leave absent
//! members out. Most blocks are declared together with their way into the model and back, by `wire.rs`.

pub mod action;
pub mod affinity;
pub mod artifact;
pub mod check;
pub mod cleanup;
pub mod connect;
pub mod constraint;
pub mod consul;
pub mod csi;
pub mod device;
pub mod disconnect;
pub mod disk;
pub mod gateway;
pub mod group;
pub mod identity;
pub mod job;
pub mod lifecycle;
pub mod logs;
pub mod migrate;
pub mod multiregion;
pub mod network;
pub mod overrides;
pub mod periodic;
pub mod reschedule;
pub mod resources;
pub mod restart;
pub mod scaling;
pub mod schedule;
pub mod secret;
pub mod service;
pub mod spread;
pub mod task;
pub mod template;
pub mod ui;
pub mod update;
pub mod vault;
pub mod version_tag;
pub mod volume;

use std::collections::BTreeMap;

use serde_json::Value;

pub use action::ActionInput;
pub use affinity::AffinityInput;
pub use artifact::ArtifactInput;
pub use check::{CheckInput, CheckRestartInput};
pub use cleanup::CleanupInput;
pub use connect::{
    ConnectInput, ExposeInput, ExposePathInput, MeshGatewayInput, ProxyInput, SidecarServiceInput,
    SidecarTaskInput, TransparentProxyInput, UpstreamInput,
};
pub use constraint::ConstraintInput;
pub use consul::ConsulInput;
pub use csi::CsiPluginInput;
pub use device::{DeviceInput, NumaInput};
pub use disconnect::DisconnectInput;
pub use disk::EphemeralDiskInput;
pub use gateway::{
    BindAddressInput, GatewayInput, GatewayProxyInput, GatewayTlsInput, HeaderModifiersInput, IngressInput,
    IngressListenerInput, IngressServiceInput, LinkedServiceInput, MeshInput, SdsInput, TerminatingInput,
};
pub use group::GroupInput;
pub use identity::IdentityInput;
pub use job::JobInput;
pub use lifecycle::LifecycleInput;
pub use logs::LogConfigInput;
pub use migrate::MigrateInput;
pub use multiregion::{MultiregionInput, RegionSpecInput, RegionStrategyInput};
pub use network::{CniInput, DnsInput, NetworkInput, PortInput};
pub use overrides::OverridesInput;
pub use periodic::{
    AllowedConstraintInput, AllowedInput, BoundsInput, DispatchPayloadInput, ParameterizedInput,
    PeriodicInput,
};
pub use reschedule::RescheduleInput;
pub use resources::ResourcesInput;
pub use restart::RestartInput;
pub use scaling::ScalingInput;
pub use schedule::{ScheduleCronInput, ScheduleInput};
pub use secret::SecretInput;
pub use service::{ServiceInput, WeightsInput};
pub use spread::{SpreadInput, SpreadTargetInput};
pub use task::TaskInput;
pub use template::{ChangeScriptInput, TemplateInput, WaitInput};
pub use ui::{LinkInput, UiInput};
pub use update::UpdateInput;
pub use vault::VaultInput;
pub use version_tag::VersionTagView;
pub use volume::{MountOptionsInput, VolumeInput, VolumeMountInput};

/// Keys and values chosen by the user: meta, environment, options.
pub type TextMap = BTreeMap<String, String>;
/// Free-form values, such as driver configuration.
pub type FreeMap = BTreeMap<String, Value>;
