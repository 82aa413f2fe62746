//! The event stream: what the log's events are shown as, and who follows them.
//!
//! ```text
//!   consensus: ring of entries ──► subscription.rs (position, choice, rights) ──► one piece at a time ──► connection
//!                                    └── encode.rs: each event becomes JSON once, for everyone
//! ```
//!
//! A subscription is a position in the ring and at most a few pieces on their way: whoever does not read costs
//! nothing, falls behind, and is told so.

mod choice;
mod encode;
mod subscription;

use std::sync::atomic::{AtomicUsize, Ordering};

pub(crate) use choice::{Choice, Rights};
pub(crate) use encode::Encoder;
pub(crate) use subscription::{Begin, Outlet, Subscription};

/// What all subscriptions of a server share.
#[derive(Debug, Default)]
pub(crate) struct Events {
    pub encoder: Encoder,
    subscribers: AtomicUsize,
}

impl Events {
    pub(crate) fn subscribers(&self) -> usize {
        self.subscribers.load(Ordering::Relaxed)
    }
}
