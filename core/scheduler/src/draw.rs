//! Chance from a seed: ids, the order of visiting nodes, dynamic ports. Never a source of secrets.

use muster_ids::{AllocId, DeploymentId, EvalId};

/// A stream of well mixed numbers (SplitMix64 over both halves of the seed).
#[derive(Clone, Debug)]
pub struct Draw {
    high: u64,
    low: u64,
    steps: u64,
}

impl Draw {
    pub fn new(seed: [u8; 16]) -> Self {
        let both = u128::from_be_bytes(seed);
        Self { high: (both >> 64) as u64, low: both as u64, steps: 0 }
    }

    /// 128 bits. For one seed no two steps give the same; for two random seeds they meet as seldom as random ids.
    fn next_bytes(&mut self) -> [u8; 16] {
        self.steps = self.steps.wrapping_add(1);
        let high = mix(self.high.wrapping_add(self.steps.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
        let low = mix(self.low.wrapping_add(self.steps.wrapping_mul(0xd1b5_4a32_d192_ed03)));
        ((u128::from(high) << 64) | u128::from(low)).to_be_bytes()
    }

    pub fn alloc_id(&mut self) -> AllocId {
        AllocId::from_random(self.next_bytes())
    }

    pub fn eval_id(&mut self) -> EvalId {
        EvalId::from_random(self.next_bytes())
    }

    pub fn deployment_id(&mut self) -> DeploymentId {
        DeploymentId::from_random(self.next_bytes())
    }

    /// A number below `bound`; 0 when `bound` is 0.
    pub fn below(&mut self, bound: u32) -> u32 {
        self.steps = self.steps.wrapping_add(1);
        let word = mix(self.low ^ self.high.rotate_left(32) ^ self.steps.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        ((u128::from(word) * u128::from(bound)) >> 64) as u32
    }
}

const fn mix(mut word: u64) -> u64 {
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

/// Every number below `len` once, in an order drawn from the seed, without building a list: a step that shares no
/// factor with `len` meets every position.
#[derive(Clone, Debug)]
pub struct Permutation {
    len: u32,
    at: u32,
    step: u32,
    left: u32,
}

impl Permutation {
    pub fn new(len: u32, draw: &mut Draw) -> Self {
        let at = draw.below(len);
        let mut step = draw.below(len).max(1);
        while len > 1 && gcd(step, len) != 1 {
            step = if step + 1 >= len { 1 } else { step + 1 };
        }
        Self { len, at, step, left: len }
    }
}

impl Iterator for Permutation {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        self.left = self.left.checked_sub(1)?;
        let here = self.at;
        self.at = ((u64::from(self.at) + u64::from(self.step)) % u64::from(self.len)) as u32;
        Some(here)
    }
}

const fn gcd(mut a: u32, mut b: u32) -> u32 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_permutation_meets_every_slot_once() {
        for len in [0, 1, 2, 3, 4, 12, 97, 1000] {
            for seed in 0..20 {
                let met: Vec<u32> = Permutation::new(len, &mut Draw::new([seed; 16])).collect();
                assert_eq!(met.len(), len as usize);
                assert_eq!(met.iter().collect::<BTreeSet<_>>().len(), len as usize);
                assert!(met.iter().all(|slot| *slot < len));
            }
        }
    }

    #[test]
    fn ids_of_one_seed_differ_and_repeat_with_the_seed() {
        let ids = |seed| {
            let mut draw = Draw::new([seed; 16]);
            (0..1000).map(|_| draw.alloc_id()).collect::<Vec<_>>()
        };
        assert_eq!(ids(1), ids(1));
        let all: BTreeSet<_> = ids(1).into_iter().chain(ids(2)).collect();
        assert_eq!(all.len(), 2000);
    }
}
