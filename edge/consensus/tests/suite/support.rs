//! A server on a temporary directory, and commands whose effect can be found again.

use std::collections::BTreeMap;
use std::path::Path;

use muster_consensus::{AppliedBatch, Consensus, ConsensusConfig};
use muster_ids::{EvalId, Index, JobId, Namespace, ServerId, UnixNanos};
use muster_model::{EvalStatus, EvalTrigger, Evaluation, JobType};
use muster_state::command::{Command, EvalUpdate};
use tokio::sync::mpsc::Receiver;

pub const SERVER: [u8; 16] = [1; 16];

pub fn config(dir: &Path) -> ConsensusConfig {
    let mut config = ConsensusConfig::new(Some(dir.to_owned()), ServerId::from_bytes(SERVER));
    config.segment_bytes = 256 << 10;
    config.log_cache_bytes = 64 << 10;
    config.trailing_logs = 10;
    config
}

pub async fn start(dir: &Path) -> (Consensus, Receiver<AppliedBatch>) {
    Consensus::start(config(dir)).await.unwrap()
}

pub fn eval_id(number: u64) -> EvalId {
    EvalId::from_bytes((u128::from(number) + 1).to_be_bytes())
}

pub fn eval(number: u64) -> Command {
    Command::EvalUpdate(EvalUpdate { evals: vec![evaluation(number)] })
}

fn evaluation(number: u64) -> Evaluation {
    Evaluation {
        id: eval_id(number),
        namespace: Namespace::default_namespace(),
        job_id: JobId::new(format!("job-{number}")).unwrap(),
        kind: JobType::Service,
        priority: 50,
        trigger: EvalTrigger::JobRegister,
        status: EvalStatus::Complete,
        status_description: Some("text that gives the entry some length".into()),
        node_id: None,
        job_modify_index: Index::ZERO,
        deployment_id: None,
        wait_until: UnixNanos::ZERO,
        previous_eval: None,
        next_eval: None,
        blocked_eval: None,
        failed_groups: BTreeMap::new(),
        annotations: None,
        queued: BTreeMap::new(),
        class_eligibility: BTreeMap::new(),
        escaped_class: false,
        snapshot_index: Index::ZERO,
        create_index: Index::ZERO,
        modify_index: Index::ZERO,
        create_time: UnixNanos::ZERO,
        modify_time: UnixNanos::ZERO,
    }
}

/// Proposes `numbers`, many at a time.
pub async fn propose_all(consensus: &Consensus, numbers: std::ops::Range<u64>) {
    let proposals = numbers.map(|number| {
        let consensus = consensus.clone();
        async move { consensus.propose(vec![eval(number)]).await.unwrap() }
    });
    futures::future::join_all(proposals).await;
}

/// Asserts that all of `numbers`, and nothing else, are in the state.
pub fn assert_holds(consensus: &Consensus, numbers: std::ops::Range<u64>) {
    let snapshot = consensus.snapshot();
    assert_eq!(snapshot.evals().count() as u64, numbers.end - numbers.start);
    for number in numbers {
        assert!(snapshot.eval(eval_id(number)).is_some(), "evaluation {number} is lost");
    }
}
