//! What agents say to each other: requests, replies and stream items, one file each.
//!
//! Everything is MessagePack with field names. A field added later carries `#[serde(default)]`, so that agents one
//! release apart understand each other; a field is never given a new meaning. Nothing here has been believed yet:
//! handlers treat every message of a client as hostile.

mod agent_export;
mod agent_monitor;
mod alloc_gc;
mod alloc_restart;
mod alloc_signal;
mod alloc_stats;
mod alloc_update;
mod alloc_watch;
mod certificate_renew;
mod disk_fetch;
mod empty;
mod failure;
mod file;
mod fs_list;
mod fs_read;
mod fs_stat;
mod host_stats;
mod kind;
mod node_drain;
mod node_gc;
mod node_heartbeat;
mod node_meta;
mod node_register;
mod secret;
mod table;
mod task_exec;
mod task_logs;

pub use agent_export::AgentExport;
pub use agent_monitor::{AgentMonitor, MonitorChunk};
pub use alloc_gc::AllocGc;
pub use alloc_restart::AllocRestart;
pub use alloc_signal::AllocSignal;
pub use alloc_stats::{AllocStats, AllocStatsReply, ProcessStats, TaskCpu, TaskMemory, TaskStats};
pub use alloc_update::{AllocReport, AllocUpdate, AllocUpdateReply};
pub use alloc_watch::{AllocAssignment, AllocPush, AllocWatch};
pub use certificate_renew::{CertificateRenew, CertificateRenewReply};
pub use disk_fetch::{DiskChunk, DiskFetch, DiskRead};
pub use empty::Empty;
pub use failure::{CallFailure, FailureCode};
pub use file::{FileEvent, Origin};
pub use fs_list::{FsList, FsListReply};
pub use fs_read::{FsChunk, FsRead};
pub use fs_stat::{FsEntry, FsStat};
pub use host_stats::{CpuStats, DiskStats, HostStats, HostStatsReply, MemoryStats};
pub use kind::{Call, Dialogue, Stream};
pub use node_drain::{NodeDrain, NodeDrainReply};
pub use node_gc::NodeGc;
pub use node_heartbeat::{NodeHeartbeat, NodeHeartbeatReply};
pub use node_meta::{NodeMeta, NodeMetaApply, NodeMetaRead};
pub use node_register::{NodeRegister, NodeRegisterReply};
pub(crate) use secret::wire as secret_wire;
pub use secret::{Secret, SecretError, sha256};
pub use table::{
    CallKind, DialogueKind, DialogueRequest, IncomingCall, IncomingDialogue, IncomingSubscription, Request,
    StreamKind, StreamRequest,
};
pub use task_exec::{EXEC_PIECE, EXEC_WINDOW, ExecExited, ExecInput, ExecOutput, TaskExec};
pub use task_logs::{LogChunk, LogKind, TaskLogs};
