//! What only the leader thinks about: which evaluation is next, who waits for capacity, which plans go into the
//! next log entry, which nodes fell silent, who leaves a draining node, and what is old enough to forget.
//!
//! Every brain is a synchronous value that is stepped with the time as an argument: no clock, thread or channel.
//! Each is rebuilt from the replicated state when a server becomes leader and flushed when it stops being one;
//! nothing here is the only copy of anything. Next: `muster-server` drives them from its loop.

mod blocked_evals;
mod deployments;
mod disconnects;
mod drainer;
mod eval_broker;
pub mod gc;
mod heartbeats;
mod leader;
mod node_jobs;
mod periodic;
mod plan_queue;
mod plan_rejections;
pub mod root_keys;

pub use blocked_evals::{BlockedEvals, BlockedStats};
pub use deployments::Deployments;
pub use disconnects::{Disconnects, silent_status};
pub use drainer::Drainer;
pub use eval_broker::{BrokerLimits, BrokerStats, EvalBroker, Lease, Token, TokenError};
pub use heartbeats::{Expiry, HeartbeatLimits, Heartbeats};
pub use leader::{Draw, Leader, Overdue, Work};
pub use node_jobs::jobs_of_node;
pub use periodic::PeriodicDispatcher;
pub use plan_queue::{BatchId, BatchLimits, PlanBatch, PlanQueue, PlanQueueStats};
pub use plan_rejections::{PlanRejections, RejectionLimits};
