//! When a periodic job's children start: cron expressions in the contract's dialect, over the clock of a time zone.
//!
//! Pure: the next instant is a function of the specification and of the time asked about. Time zones come from a
//! database that is built in; only what `Local` means is handed in.

mod expression;
mod schedule;
mod zone;

pub use expression::{CronError, parse_cron};
pub use schedule::{Schedule, ScheduleError};
pub use zone::{Zone, ZoneError};
