//! Agents of different releases: what is missing has a default, what is unknown is skipped.

use std::sync::Arc;

use muster_ids::{AllocId, EvalId, Index, Namespace, UnixNanos};
use muster_model::{AllocatedPort, Allotment, DesiredStatus, DesiredTransition, Job, JobStatus, JobType};
use serde::{Deserialize, Serialize};

use crate::messages::{AllocAssignment, AllocPush, AllocReport, LogChunk, NodeHeartbeat};
use crate::transport::{decode, encode};
use crate::{Request, Secret};

const LIMIT: usize = 1 << 20;

/// Encodes one type and decodes another.
fn pass<From: Serialize, To: for<'de> Deserialize<'de>>(from: &From) -> To {
    decode_owned(&encode(from, LIMIT).unwrap()[4..])
}

fn decode_owned<To: for<'de> Deserialize<'de>>(body: &[u8]) -> To {
    decode(body).unwrap()
}

#[derive(Serialize)]
struct OlderReport {
    id: AllocId,
    status: muster_model::ClientStatus,
}

#[derive(Serialize)]
struct NewerChunk {
    file: String,
    offset: u64,
    data: bytes::Bytes,
    compressed: Option<Vec<u8>>,
}

#[test]
fn older_and_newer_messages_are_understood() {
    let older = OlderReport { id: AllocId::from_bytes([1; 16]), status: muster_model::ClientStatus::Failed };
    let report: AllocReport = pass(&older);
    assert_eq!((report.id, report.tasks.len(), report.description), (older.id, 0, None));

    let newer =
        NewerChunk { file: "f".into(), offset: 3, data: vec![1, 2, 3].into(), compressed: Some(vec![9]) };
    let chunk: LogChunk = pass(&newer);
    assert_eq!((chunk.data, chunk.event), (newer.data, None));
}

#[test]
fn a_push_comes_back_whole() {
    let push = AllocPush {
        index: Index(7),
        full: true,
        bindings: [(Namespace::default_namespace(), muster_model::PoolBinding::default())].into(),
        jobs: vec![Arc::new(job())],
        allocs: vec![AllocAssignment {
            id: AllocId::from_bytes([1; 16]),
            eval_id: EvalId::from_bytes([2; 16]),
            namespace: Namespace::default_namespace(),
            job: 0,
            group: 1,
            name_index: 2,
            desired: DesiredStatus::Stop,
            transition: DesiredTransition { migrate: true, ..DesiredTransition::default() },
            ports: vec![AllocatedPort { value: 20_000, to: 80 }],
            allotted: Some(Arc::new(Allotment {
                addresses: vec!["10.0.0.1".into()],
                ..Allotment::default()
            })),
            previous: Some(AllocId::from_bytes([3; 16])),
            deployment: Some(muster_ids::DeploymentId::from_bytes([5; 16])),
            alloc_modify_index: Index(6),
            create_index: Index(5),
            create_time: UnixNanos(4),
            unknown: false,
        }],
        removed: vec![AllocId::from_bytes([4; 16])],
    };
    assert_eq!(pass::<_, AllocPush>(&push), push);
}

#[test]
fn the_bytes_of_a_request_do_not_change() {
    let request =
        NodeHeartbeat { node_id: muster_ids::NodeId::from_bytes([9; 16]), secret: Secret::new("s").unwrap() };
    let frame = encode(&Request::NodeHeartbeat(request), LIMIT).unwrap();
    let mut golden = vec![0, 0, 0, 51, 0x81, 0xad];
    golden.extend(b"NodeHeartbeat");
    golden.extend([0x82, 0xa7]);
    golden.extend(b"node_id");
    golden.extend([0xc4, 16]);
    golden.extend([9; 16]);
    golden.push(0xa6);
    golden.extend(b"secret");
    golden.extend([0xa1, b's']);
    assert_eq!(frame, golden);
}

fn job() -> Job {
    Job { status: JobStatus::Running, version: 3, ..muster_builders::job("web", JobType::Service, 1) }
}
