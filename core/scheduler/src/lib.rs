//! From one evaluation and one snapshot to a plan: reconcile what a job wants with what it has, find nodes that can
//! run the rest, rank them, and say what came of it.
//!
//! Pure: time and chance come with the [`Context`]; the same input gives the same plan. It changes nothing and
//! promises nothing: `apply` judges the plan against the newest state. Next: `muster-leader`'s plan queue.

mod account;
mod cluster;
mod context;
mod draw;
mod emit;
mod feasible;
mod overlay;
mod place;
mod rank;
mod reconcile;
mod rescheduling;
mod schedule;
mod took;
mod wording;

pub use context::{Context, Limits};
pub use emit::Schedule;
pub use overlay::Overlay;
pub use reconcile::task_runs_alike;
pub use rescheduling::rescheduling;
pub use schedule::{give_up, schedule};
