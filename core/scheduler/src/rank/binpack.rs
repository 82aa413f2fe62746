//! Fuller nodes first, so that whole nodes stay free for large work (Google's "best fit v3").

use muster_model::Resources;

const BEST: f64 = 18.0;

/// 0 for a node that stays empty, 1 for one that becomes exactly full in compute and memory.
pub fn binpack(allocatable: Resources, left: Resources) -> f64 {
    let free_cpu = share(left.cpu_mhz, allocatable.cpu_mhz);
    let free_memory = share(left.memory_mb, allocatable.memory_mb);
    let score = 20.0 - (10_f64.powf(free_cpu) + 10_f64.powf(free_memory));
    score.clamp(0.0, BEST) / BEST
}

fn share(left: u64, of: u64) -> f64 {
    if of == 0 { 0.0 } else { (left as f64 / of as f64).clamp(0.0, 1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NODE: Resources = Resources { cpu_mhz: 1000, memory_mb: 1000, disk_mb: 0, cores: 0, allocs: 0 };

    #[test]
    fn an_empty_node_scores_zero_and_a_full_one_one() {
        assert!((binpack(NODE, NODE) - 0.0).abs() < 1e-9);
        assert!((binpack(NODE, Resources::default()) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn fuller_scores_higher() {
        let score =
            |left| binpack(NODE, Resources { cpu_mhz: left, memory_mb: left, ..Resources::default() });
        assert!((0..1000).step_by(100).all(|left| score(left) > score(left + 100)));
    }
}
