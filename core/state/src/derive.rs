//! Ids of objects whose number only `apply` knows. Fixed forever: replicas of two releases must derive the same.
//!
//! `derive(seed, index, parts)`: two FNV-1a streams with different offsets run over the seed, the index (eight bytes,
//! little endian) and every part followed by a zero byte; each stream is finished by the SplitMix64 mixer; the first
//! stream gives the first eight bytes of the id, the second the last eight, little endian. The result is stamped as
//! a version 4 UUID.

use muster_ids::{EvalId, GroupName, Index, ScalingPolicyId};
use muster_model::JobKey;

use crate::command::IdSeed;

const OFFSETS: [u64; 2] = [0xcbf2_9ce4_8422_2325, 0x6c62_272e_07bb_0142];
const PRIME: u64 = 0x0000_0100_0000_01b3;

/// The id of the evaluation that a command at `index` makes for `job`.
#[must_use]
pub fn eval_id(seed: IdSeed, index: Index, job: &JobKey) -> EvalId {
    let parts = [job.namespace.as_str().as_bytes(), job.id.as_str().as_bytes()];
    EvalId::from_random(derive(seed, index, &parts))
}

/// The id of a group's scaling policy: the same for as long as the job registered at `created` lives.
#[must_use]
pub fn scaling_policy_id(created: Index, job: &JobKey, group: &GroupName) -> ScalingPolicyId {
    let parts = [job.namespace.as_str(), job.id.as_str(), group.as_str(), "horizontal"].map(str::as_bytes);
    ScalingPolicyId::from_random(derive(IdSeed([0; 16]), created, &parts))
}

/// What tells the `attempt`th id for a child of `parent` from others of its second.
#[must_use]
pub(crate) fn suffix(eval: EvalId, index: Index, parent: &JobKey, attempt: u32) -> u32 {
    let attempt = attempt.to_le_bytes();
    let parts = [parent.namespace.as_str().as_bytes(), parent.id.as_str().as_bytes(), &attempt];
    let [a, b, c, d, ..] = derive(IdSeed(*eval.as_bytes()), index, &parts);
    u32::from_le_bytes([a, b, c, d])
}

fn derive(seed: IdSeed, index: Index, parts: &[&[u8]]) -> [u8; 16] {
    let [first, second] = OFFSETS.map(|offset| {
        let mut hash = fnv1a(offset, &seed.0);
        hash = fnv1a(hash, &index.0.to_le_bytes());
        for part in parts {
            hash = fnv1a(fnv1a(hash, part), &[0]);
        }
        splitmix64(hash).to_le_bytes()
    });
    let mut id = [0; 16];
    for (to, from) in id.iter_mut().zip(first.into_iter().chain(second)) {
        *to = from;
    }
    id
}

fn fnv1a(hash: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(hash, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(PRIME))
}

const fn splitmix64(hash: u64) -> u64 {
    let mut z = hash.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use muster_ids::{JobId, Namespace};

    use super::*;

    fn key(id: &str) -> JobKey {
        JobKey { namespace: Namespace::default_namespace(), id: JobId::new(id).unwrap() }
    }

    #[test]
    fn derived_ids_never_change() {
        let id = eval_id(IdSeed([7; 16]), Index(42), &key("web"));
        assert_eq!(id.to_string(), "bdc187d8-11ec-4c71-8213-b29b068ab3e4");
    }

    #[test]
    fn scaling_policies_are_told_apart_by_job_group_and_time() {
        let of = |created, job: &str, group: &str| {
            scaling_policy_id(Index(created), &key(job), &GroupName::new(group).unwrap())
        };
        assert_eq!(of(7, "web", "g").to_string(), "661baa5b-b46e-42d4-bcd7-6f401b01c1b7");
        assert_ne!(of(7, "web", "g"), of(8, "web", "g"));
        assert_ne!(of(7, "web", "g"), of(7, "web", "h"));
        assert_ne!(of(7, "web", "g"), of(7, "db", "g"));
    }

    #[test]
    fn seed_index_and_job_each_make_another_id() {
        let id = eval_id(IdSeed([7; 16]), Index(42), &key("web"));
        assert_ne!(id, eval_id(IdSeed([8; 16]), Index(42), &key("web")));
        assert_ne!(id, eval_id(IdSeed([7; 16]), Index(43), &key("web")));
        assert_ne!(id, eval_id(IdSeed([7; 16]), Index(42), &key("web2")));
    }
}
