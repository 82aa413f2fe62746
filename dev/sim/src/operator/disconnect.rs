//! What becomes of allocations whose node lost contact: every way that a group may say it.

use std::time::Duration;

use muster_model::{Disconnect, JobType, Reconcile};

use crate::rng::Rng;

const STRATEGIES: [Reconcile; 4] =
    [Reconcile::BestScore, Reconcile::LongestRunning, Reconcile::KeepOriginal, Reconcile::KeepReplacement];

pub fn disconnect(kind: JobType, rng: &mut Rng) -> Option<Box<Disconnect>> {
    if !rng.permille(350) {
        return None;
    }
    let reconcile = *rng.pick(&STRATEGIES).unwrap_or(&Reconcile::BestScore);
    let block = match rng.below(10) {
        0..=1 if !kind.is_per_node() => {
            Disconnect { stop_on_client_after: Some(rng.secs(3, 60)), reconcile, ..Disconnect::default() }
        }
        // Waited for as long as it takes.
        2 => Disconnect { lost_after: Duration::ZERO, replace: false, reconcile, ..Disconnect::default() },
        _ => Disconnect {
            lost_after: rng.secs(5, 180),
            replace: rng.permille(700),
            reconcile,
            ..Disconnect::default()
        },
    };
    Some(Box::new(block))
}
