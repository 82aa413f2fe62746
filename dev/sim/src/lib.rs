//! A whole cluster in one thread, from one seed: the real brains of servers and nodes, a modelled world around them, and
//! named invariants that are looked at after every step. See the README for how to use it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a simulator that contradicts itself has to stop; it is never part of the product"
)]

mod chaos;
mod clock;
mod event;
mod explain;
mod fault;
pub mod invariants;
mod net;
mod node;
mod operator;
mod peace;
#[cfg(feature = "planted")]
pub mod plants;
mod queue;
mod rng;
pub mod run;
mod server;
mod shape;
mod sim;
mod trace;

pub use invariants::Violation;
pub use shape::Shape;
pub use sim::Sim;
