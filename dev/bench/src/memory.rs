//! Bytes of state per allocation, rows and every index, as the process's resident size sees them.

use std::sync::Arc;

use muster_ids::{AllocId, EvalId, Index, NodeId, UnixNanos};
use muster_model::{AllocMetric, JobType, Placement, Plan};
use muster_state::State;
use muster_state::command::{Command, Entry, IdSeed, JobRegister, NodeRegister};
use muster_testkit::build;
use smallvec::SmallVec;

const ALLOCS: u32 = 200_000;
const GOAL: f64 = 600.0;

pub fn run() {
    let mut state = State::new();
    let mut index = Index::ZERO;
    let mut apply = |state: &mut State, command: Command| {
        index = index.next();
        let applied = state.apply(index, &Entry { time: UnixNanos(1), commands: vec![command] });
        assert!(applied.replies.iter().all(Result::is_ok), "{:?}", applied.replies);
    };
    let nodes: Vec<NodeId> = (0..5000)
        .map(|number| {
            let mut node = build::node(number);
            node.capacity.total.memory_mb *= 100;
            node.capacity.total.cpu_mhz *= 100;
            node.capacity.total.disk_mb *= 100;
            let id = node.id;
            let command = NodeRegister { node, secret_hash: [0; 32], seed: IdSeed(random(number, 9)) };
            apply(&mut state, Command::NodeRegister(Box::new(command)));
            id
        })
        .collect();
    let job = build::job("all", JobType::Batch, ALLOCS);
    let eval_id = EvalId::from_random([1; 16]);
    let register = JobRegister { job, eval_id, enforce_index: None, submission: None, eval_priority: None };
    apply(&mut state, Command::JobRegister(Box::new(register)));
    let before = resident_bytes();
    for first in (0..ALLOCS).step_by(1000) {
        let snapshot_index = state.snapshot().index();
        let job = state.snapshot().jobs().next().cloned().expect("the job was registered");
        let placements = (first..first + 1000).map(|n| Placement {
            id: AllocId::from_random(random(n, 1)),
            node_id: *nodes.get(n as usize % nodes.len()).expect("in range"),
            group: 0,
            name_index: n,
            ports: SmallVec::new(),
            allotted: None,
            previous: None,
            preempts: Vec::new(),
            metric: 0,
            in_deployment: false,
            canary: false,
            job_version: None,
        });
        let plan = Plan {
            eval_id,
            namespace: job.namespace.clone(),
            job_id: job.id.clone(),
            job_version: job.version,
            priority: 50,
            all_at_once: false,
            snapshot_index,
            stops: Vec::new(),
            placements: placements.collect(),
            metrics: vec![Arc::new(AllocMetric::default())],
            evals_if_whole: Vec::new(),
            deployment_id: None,
            deployment: None,
            deployment_updates: Vec::new(),
        };
        apply(&mut state, Command::PlanApply(Box::new(plan)));
    }
    let bytes = resident_bytes().saturating_sub(before) as f64 / f64::from(ALLOCS);
    assert_eq!(state.snapshot().allocs().count(), ALLOCS as usize);
    println!("bytes per allocation, all indexes: {bytes:.0} (goal {GOAL:.0}: {:.2} x)", bytes / GOAL);
}

/// Ids spread as random ones are, and the same in every run.
fn random(number: u32, salt: u64) -> [u8; 16] {
    let mut x = u64::from(number).wrapping_add(salt << 32).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mut bytes = [0; 16];
    for half in bytes.chunks_mut(8) {
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9) ^ (x >> 27);
        half.copy_from_slice(&x.to_le_bytes());
    }
    bytes
}

pub fn resident_bytes() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: u64 = statm.split_whitespace().nth(1).and_then(|text| text.parse().ok()).unwrap();
    pages * 4096
}
