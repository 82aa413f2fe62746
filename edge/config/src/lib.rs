//! Agent configuration: files and flags in, one decided [`AgentConfig`] out.
//!
//! ```text
//! files ─ load ─► AgentConfigInput ─┐
//! flags ─ (the CLI) ──────────────► merge ─► decide ─► AgentConfig ─┬► check_loopback ─► EffectiveAddresses
//!                                                             Machine ─┘
//! ```
//!
//! Every block has a file of its own: its input (all optional, merges), what is decided from it, and its checks. A key
//! that Muster does not know is an error; one it knows but does not act on is a warning; neither is ever silent.
//!
//! Must never: open a socket, ask the host for its name or interfaces, or let secrets into messages.

#[macro_use]
mod block;

mod field;
mod free_form;
mod inert;
mod insecure;
mod labelled;
mod reader;
mod secret;

mod accept;
mod acl;
mod addresses;
mod advertise;
mod agent;
mod artifact;
mod auto_encrypt;
mod client;
mod device;
mod drain_on_shutdown;
mod gc;
mod host_network;
mod host_volume;
mod plugin;
mod ports;
mod reserved;
mod scheduler;
mod search;
mod server;
mod server_join;
mod telemetry;
mod tls;

mod decide;
mod dev;
mod limits;
mod load;
mod log;
mod loopback_gate;
mod parse;
mod ranges;
mod size;

pub use accept::{AcceptConfig, AcceptInput};
pub use acl::{AclConfig, AclInput};
pub use addresses::{AddressesConfig, AddressesInput};
pub use advertise::{AdvertiseConfig, AdvertiseInput};
pub use agent::{AgentConfig, AgentConfigInput, LogLevel};
pub use artifact::{ArtifactConfig, ArtifactInput};
pub use auto_encrypt::{
    ClientAutoEncryptConfig, ClientAutoEncryptInput, ServerAutoEncryptConfig, ServerAutoEncryptInput,
};
pub use client::{ClientConfig, ClientInput};
pub use decide::{Warning, decide};
pub use device::DeviceInput;
pub use drain_on_shutdown::DrainOnShutdownInput;
pub use free_form::FreeForm;
pub use gc::{ClientGcConfig, ServerGcConfig};
pub use host_network::{HostNetworkConfig, HostNetworkInput};
pub use host_volume::HostVolumeInput;
pub use insecure::Waiver;
pub use labelled::Labelled;
pub use limits::{LimitsConfig, LimitsInput};
pub use load::{ConfigError, load};
pub use log::LogConfig;
pub use loopback_gate::{Control, EffectiveAddresses, GateRefusal, Machine, Offence, check_loopback};
pub use parse::parse;
pub use plugin::{PluginConfig, PluginInput};
pub use ports::{PortsConfig, PortsInput};
pub use reserved::{ReservedConfig, ReservedInput};
pub use scheduler::{PreemptionInput, RejectionConfig, RejectionInput, SchedulerInput};
pub use search::{SearchConfig, SearchInput};
pub use secret::Secret;
pub use server::{RootKeyConfig, ServerConfig, ServerInput};
pub use server_join::{JoinConfig, JoinInput};
pub use telemetry::{TelemetryConfig, TelemetryInput};
pub use tls::{RoleNames, RoleNamesInput, TlsConfig, TlsInput, TlsVersion};
