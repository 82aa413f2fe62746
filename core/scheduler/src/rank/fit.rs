//! Which of two nodes with room is better: the fuller or the emptier (Google's "best fit v3" and its mirror image).

use muster_model::{Resources, SchedulerAlgorithm};

const BEST: f64 = 18.0;

/// From 0 to 1. Where fuller is better, 0 is for a node that stays empty and 1 for one that becomes exactly full in
/// compute and memory; where emptier is better, the other way round.
pub fn fit(algorithm: SchedulerAlgorithm, allocatable: Resources, left: Resources) -> f64 {
    let free_cpu = share(left.cpu_mhz, allocatable.cpu_mhz);
    let free_memory = share(left.memory_mb, allocatable.memory_mb);
    let free = 10_f64.powf(free_cpu) + 10_f64.powf(free_memory);
    let score = match algorithm {
        SchedulerAlgorithm::Binpack => 20.0 - free,
        SchedulerAlgorithm::Spread => free - 2.0,
    };
    score.clamp(0.0, BEST) / BEST
}

fn share(left: u64, of: u64) -> f64 {
    if of == 0 { 0.0 } else { (left as f64 / of as f64).clamp(0.0, 1.0) }
}

#[cfg(test)]
mod tests {
    use muster_model::SchedulerAlgorithm::{Binpack, Spread};

    use super::*;

    const NODE: Resources = Resources { cpu_mhz: 1000, memory_mb: 1000, disk_mb: 0, cores: 0, allocs: 0 };

    #[test]
    fn an_empty_node_and_a_full_one_score_zero_and_one_or_the_other_way_round() {
        for (algorithm, empty) in [(Binpack, 0.0), (Spread, 1.0)] {
            assert!((fit(algorithm, NODE, NODE) - empty).abs() < 1e-9);
            assert!((fit(algorithm, NODE, Resources::default()) - (1.0 - empty)).abs() < 1e-9);
        }
    }

    #[test]
    fn fuller_scores_higher_for_the_one_and_lower_for_the_other() {
        let score = |algorithm, left| {
            fit(algorithm, NODE, Resources { cpu_mhz: left, memory_mb: left, ..Resources::default() })
        };
        for left in (0..1000).step_by(100) {
            assert!(score(Binpack, left) > score(Binpack, left + 100));
            assert!(score(Spread, left) < score(Spread, left + 100));
        }
    }
}
