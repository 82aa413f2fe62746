use bytes::Bytes;
use muster_ids::{AllocId, TaskName};

use super::support::{Ends, PATIENCE, ends};
use crate::messages::{ExecExited, ExecInput, ExecOutput, TaskExec};
use crate::{
    CallError, CallFailure, Duplex, FailureCode, Incoming, IncomingDialogue, IncomingStream, Proposal,
};

fn exec() -> TaskExec {
    let task = TaskName::new("web").unwrap();
    TaskExec { alloc_id: AllocId::default(), task, command: vec!["sh".into()], resolve: false, tty: true }
}

async fn asked(incoming: &mut Incoming) -> Proposal<TaskExec> {
    match incoming.next().await {
        Some(IncomingStream::Dialogue(IncomingDialogue::TaskExec(request, proposal))) => {
            assert_eq!(request, exec());
            proposal
        }
        other => panic!("{other:?}"),
    }
}

type Ours = Duplex<ExecInput, ExecOutput>;
type Theirs = Duplex<ExecOutput, ExecInput>;

/// The server runs a command on the agent.
async fn open(ends: &mut Ends) -> (Ours, Theirs) {
    let accept = async { asked(&mut ends.client.1).await.accept().await.unwrap() };
    let (ours, theirs) = tokio::join!(ends.server.0.converse(exec(), PATIENCE), accept);
    (ours.unwrap(), theirs)
}

#[tokio::test]
async fn items_pass_both_ways_at_once_and_each_side_ends_by_itself() {
    let mut ends = ends().await;
    let (mut ours, mut theirs) = open(&mut ends).await;
    let piece = Bytes::from(vec![7; 60_000]);
    let send = async {
        for _ in 0..200 {
            ours.sender.send(&ExecInput::Stdin(piece.clone())).await.unwrap();
        }
        ours.sender.finish().await.unwrap();
    };
    let receive = async {
        let mut count = 0;
        while let Some(item) = ours.receiver.next().await {
            assert!(matches!(item.unwrap(), ExecOutput::Stdout(data) if data == piece));
            count += 1;
        }
        count
    };
    // An echo: backpressure on one way must not close the other.
    let echo = async {
        while let Some(item) = theirs.receiver.next().await {
            let ExecInput::Stdin(data) = item.unwrap() else { panic!("no input") };
            theirs.sender.send(&ExecOutput::Stdout(data)).await.unwrap();
        }
        theirs.sender.finish().await.unwrap();
    };
    let ((), count, ()) = tokio::join!(send, receive, echo);
    assert_eq!(count, 200);
}

#[tokio::test]
async fn a_side_that_goes_away_is_noticed_and_a_failure_is_told() {
    let mut ends = ends().await;
    let (ours, mut theirs) = open(&mut ends).await;
    drop(ours);
    assert_eq!(theirs.receiver.next().await, Some(Err(CallError::Dropped)));
    assert_eq!(theirs.receiver.next().await, None);

    let (mut ours, mut theirs) = open(&mut ends).await;
    let exited = ExecOutput::Exited(ExecExited { exit_code: 7, ..ExecExited::default() });
    theirs.sender.send(&exited).await.unwrap();
    theirs.sender.fail(CallFailure::invalid("enough")).await.unwrap();
    assert_eq!(ours.receiver.next().await, Some(Ok(exited)));
    let failed = ours.receiver.next().await;
    assert_eq!(failed, Some(Err(CallError::Failed(CallFailure::invalid("enough")))));
}

#[tokio::test]
async fn a_dialogue_can_be_refused_and_only_servers_may_ask_for_this_one() {
    let mut ends = ends().await;
    let refuse = async { asked(&mut ends.client.1).await.refuse(CallFailure::not_found("no task")).await };
    let (refused, ()) = tokio::join!(ends.server.0.converse(exec(), PATIENCE), refuse);
    assert_eq!(refused.err(), Some(CallError::Failed(CallFailure::not_found("no task"))));

    match ends.client.0.converse(exec(), PATIENCE).await {
        Err(CallError::Failed(failure)) => assert_eq!(failure.code, FailureCode::Denied),
        other => panic!("{other:?}"),
    }
}
