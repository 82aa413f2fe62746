#![expect(clippy::unwrap_used, reason = "tests")]

use muster_ids::{AllocId, UnixNanos};
use muster_model::ClientStatus;
use muster_testkit::build;

use super::*;

fn report(id: u8, text: &str) -> AllocReport {
    let kind = TaskEventKind::Driver { message: text.into() };
    let events = vec![TaskEvent { time: UnixNanos(1), kind }; 50];
    let task = TaskState { events, ..TaskState::default() };
    AllocReport {
        id: AllocId::from_bytes([id; 16]),
        status: ClientStatus::Running,
        description: Some(text.into()),
        tasks: vec![task; 100],
        health: None,
    }
}

#[test]
fn texts_are_cut_between_characters() {
    let long: Text = "é".repeat(MAX_TEXT_BYTES).into();
    let short = cut(&long);
    assert!(short.len() <= MAX_TEXT_BYTES && long.starts_with(&*short) && !short.is_empty());
    let odd: Text = format!("a{long}").into();
    assert_eq!(cut(&odd).len(), MAX_TEXT_BYTES - 1);
}

#[test]
fn of_strange_allocations_only_the_id_goes_on() {
    let bounded = bounded(&Snapshot::default(), build::node(1).id, &[report(1, "x")]).unwrap();
    assert_eq!(bounded.len(), 1);
    assert_eq!((bounded[0].description.clone(), bounded[0].tasks.len()), (None, 0));
}

#[test]
fn tasks_keep_their_newest_events_with_short_texts() {
    let mut state = report(1, &"x".repeat(10_000)).tasks.remove(0);
    state.events.last_mut().unwrap().time = UnixNanos(99);
    let kept = task(&state);
    assert_eq!(kept.events.len(), TaskState::MAX_EVENTS);
    assert_eq!(kept.events.last().unwrap().time, UnixNanos(99));
    let TaskEventKind::Driver { message } = &kept.events[0].kind else { unreachable!("a driver's message") };
    assert_eq!(message.len(), MAX_TEXT_BYTES);
}

#[test]
fn too_many_reports_are_refused() {
    let reports = vec![report(1, ""); MAX_REPORTS + 1];
    let error = bounded(&Snapshot::default(), build::node(1).id, &reports).unwrap_err();
    assert!(error.message.contains("4097"), "{}", error.message);
}

#[test]
fn a_node_may_describe_itself_but_not_at_any_length() {
    let mut node = build::node(1);
    assert!(check_node(&node).is_ok());
    node.meta.insert("k".into(), "v".repeat(MAX_TEXT_BYTES + 1).into());
    assert!(check_node(&node).unwrap_err().message.contains("4097"));
    node.meta = (0..MAX_FACTS).map(|n| (n.to_string().into(), "v".into())).collect();
    assert!(check_node(&node).is_err());
    node.meta = (0..100).map(|n| (n.to_string().into(), "v".repeat(4000).into())).collect();
    assert!(check_node(&node).is_err());
}
