//! What an agent tells of itself: its log (console, file, system log, whoever watches over the API) and its metrics
//! (intervals in memory, Prometheus, statsd). Nothing here decides anything or knows what the agent does.

pub mod logs;
pub mod metrics;

pub use logs::{Level, Logs};
pub use metrics::{Metrics, Name};
