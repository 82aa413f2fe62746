//! The replicated state: tables and indexes, changed only by [`State::apply`], read through O(1) [`Snapshot`]s.
//!
//! `apply` is the judge: every precondition (check-and-set, eligibility, fit of a plan) is decided here, as a
//! function of the log alone. Whatever was checked before proposing was a hint. Time and ids come with the entry.
//! Next: events go to subscribers and watchers in `muster-server`; snapshots to the scheduler and the HTTP handlers.

pub mod command;
