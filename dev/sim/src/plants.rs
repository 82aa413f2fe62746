//! Every planted bug is found, by an invariant that it breaks.

use std::time::Instant;

use muster_model::planted::{self, Plant};

use crate::run::{Many, Order, many};
use crate::shape::Shape;

/// Seeds that may pass before a bug is found.
const SEEDS: u64 = 400;
const STEPS: u64 = 60_000;

/// The invariants that may be the first to notice.
const fn noticed_by(plant: Plant) -> &'static [&'static str] {
    match plant {
        Plant::PlansUnjudged => &["no_over_commit", "batch_runs_once"],
        Plant::LostHoldsNothing => &["no_over_commit_as_run"],
        Plant::FirstVersionMet => &["replicas_agree"],
        Plant::StoppedStaysStopped => &["acknowledged_stays"],
        Plant::HandedBackIsForgotten => &["evaluation_never_lost"],
        Plant::WakeUpsAreMissed => &["blocked_for_a_reason"],
        Plant::NamesAreGivenTwice => &["batch_runs_once"],
        Plant::NodesAreCoveredTwice => &["system_once_per_node"],
        Plant::OneIsMissing => &["count_reached"],
        Plant::PendingIsNotStopped => &["stopped_runs_nothing", "nodes_agree"],
        Plant::RolloutsKnowNoLimit => &["update_policy_holds"],
        Plant::CanariesPromoteThemselves => &["canary_waits_for_promotion"],
        Plant::RunningIsStartedAgain => &["one_process"],
        Plant::EndsAreNotReported => &["nodes_agree", "stopped_runs_nothing"],
        Plant::KindsDoNotMatter => &["room_is_made_rightly"],
        Plant::EvictedAreForgotten => &["count_reached", "system_once_per_node"],
        Plant::NobodyIsWaitedFor | Plant::ReplacedAnyway | Plant::WrongOneStays => &["disconnect_terms_hold"],
        Plant::NodesChangeAtOnce => &["update_policy_holds"],
        Plant::NamesAreNotCounted => &["no_over_commit"],
        Plant::TokensAreForgotten => &["dispatched_once"],
        Plant::OverlapIsAllowed => &["overlap_is_prohibited"],
        Plant::InstantsAreSkipped => &["launched_once"],
        Plant::TimeIsNeverUp => &["time_is_up"],
        Plant::ScalingKnowsNoBounds => &["scaling_keeps_bounds"],
    }
}

/// Where it shows best: what a new leader would make good shows where there is none.
const fn shape_for(plant: Plant) -> Shape {
    match plant {
        Plant::HandedBackIsForgotten => Shape::SINGLE,
        Plant::WakeUpsAreMissed => Shape::QUIET,
        _ => Shape::SMALL,
    }
}

/// Looks for each in turn, and says what noticed it.
///
/// # Errors
/// The bugs that nothing noticed, and those noticed by an invariant that has nothing to do with them.
pub fn find_all(threads: usize) -> Result<(), String> {
    let mut missed = Vec::new();
    for plant in Plant::ALL {
        let began = Instant::now();
        planted::set(Some(plant));
        let order = Order { seed: 0, steps: STEPS, shape: shape_for(plant) };
        let found = many(&Many { from: 0, to: SEEDS, order, threads, deadline: None, all: false }, |_| {});
        planted::set(None);
        let seconds = began.elapsed().as_secs_f64();
        match found {
            Ok(_) => {
                println!("{plant:?}: not found in {SEEDS} seeds, {seconds:.1} s");
                missed.push(format!("{plant:?}"));
            }
            Err(failed) => {
                let (seed, step) = (failed.order.seed, failed.step);
                let by = failed.violation.invariant;
                println!("{plant:?}: found by `{by}` in seed {seed} at step {step}, {seconds:.1} s");
                if !noticed_by(plant).contains(&by) {
                    missed.push(format!("{plant:?} (noticed by `{by}`: {})", failed.violation.detail));
                }
            }
        }
    }
    if missed.is_empty() { Ok(()) } else { Err(format!("planted bugs not found: {}", missed.join(", "))) }
}
