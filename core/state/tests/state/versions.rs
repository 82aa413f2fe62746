//! What is said about versions of a job: stability, tags; and going back to one.

use muster_ids::{Index, NodePool};
use muster_model::{JobSubmission, JobType, SourceFormat, VersionTag};
use muster_state::command::{
    Command, JobRegister, JobRevert, JobStability, JobTagApply, JobTagRemove, Refusal, Reply,
    TrackedVersionsSet,
};
use muster_state::{RowKind, State, WatchKey};

use crate::build::{deregister, eval_id, job, key, register};
use crate::golden::{fixture, hex, unhex};
use crate::world::{World, rows};

/// Version `n` of job `a` has priority `n + 1`.
fn with_versions(count: u16) -> World {
    let mut world = World::default();
    for priority in 1..=count {
        world.ok(version(priority));
    }
    world
}

fn version(priority: u16) -> Command {
    let submission = JobSubmission {
        source: format!("priority = {priority}").into(),
        format: SourceFormat::Hcl2,
        variable_flags: Default::default(),
        variables: "".into(),
    };
    let mut job = job("a", JobType::Service);
    job.priority = priority;
    Command::JobRegister(Box::new(JobRegister {
        job,
        eval_id: eval_id(priority.into()),
        enforce_index: None,
        submission: Some(submission),
        eval_priority: None,
    }))
}

fn revert(version: u64, enforce_prior_version: Option<u64>) -> Command {
    let key = key("a");
    Command::JobRevert(JobRevert { key, version, enforce_prior_version, eval_id: eval_id(900) })
}

fn stable(version: u64, stable: bool) -> Command {
    Command::JobStability(JobStability { key: key("a"), version, stable })
}

fn tag(name: &str, version: Option<u64>) -> Command {
    let tag = VersionTag::new(name, "said so").unwrap();
    Command::JobTagApply(JobTagApply { key: key("a"), version, tag })
}

fn untag(name: &str) -> Command {
    Command::JobTagRemove(JobTagRemove { key: key("a"), name: name.into() })
}

fn numbers(world: &World) -> Vec<u64> {
    world.now().job_versions(&key("a")).map(|job| job.version).collect()
}

#[test]
fn a_revert_is_a_new_version_with_the_old_specification_and_source() {
    let mut world = with_versions(3);
    world.apply(vec![stable(0, true), tag("first", Some(0))]);
    let reply = world.ok(revert(0, Some(2)));
    assert_eq!(reply, Reply::JobRegistered { job_modify_index: Index(5), eval_id: Some(eval_id(900)) });
    let now = world.now();
    let current = now.job(&key("a")).unwrap();
    assert_eq!((current.version, current.priority, current.submit_time), (3, 1, now.time()));
    assert!(!current.stable && current.version_tag.is_none(), "what was said about version 0 stays there");
    assert_eq!(&*now.submission(&key("a"), 3).unwrap().source, "priority = 1");
    assert!(now.job_version(&key("a"), 0).unwrap().version_tag.is_some());
    assert_eq!(now.eval(eval_id(900)).unwrap().job_modify_index, Index(5));
}

#[test]
fn a_revert_is_judged() {
    let mut world = with_versions(2);
    let text = |world: &mut World, command| world.run(command).unwrap_err().to_string();
    assert_eq!(text(&mut world, revert(1, None)), "can't revert to current version");
    assert_eq!(
        text(&mut world, revert(9, None)),
        "job \"a\" in namespace \"default\" at version 9 not found"
    );
    assert_eq!(text(&mut world, revert(0, Some(0))), "Current job has version 1; enforcing version 0");
    let mut nobody =
        JobRevert { key: key("b"), version: 0, enforce_prior_version: None, eval_id: eval_id(9) };
    assert_eq!(text(&mut world, Command::JobRevert(nobody.clone())), "job \"b\" not found");
    world.ok(deregister("a", true, 50));
    nobody.key = key("a");
    assert_eq!(text(&mut world, Command::JobRevert(nobody)), "job \"a\" not found", "it was purged");
}

#[test]
fn a_revert_needs_the_pool_of_the_version() {
    let mut world = World::default();
    let mut elsewhere = crate::build::node(1);
    elsewhere.pool = NodePool::new("gpu").unwrap();
    world.ok(crate::build::join(elsewhere));
    let mut first = job("a", JobType::Service);
    first.node_pool = NodePool::new("gpu").unwrap();
    world.ok(register(first, 1));
    world.ok(register(job("a", JobType::Service), 2));
    world.ok(revert(0, None));
    assert_eq!(world.now().job(&key("a")).unwrap().node_pool.as_str(), "gpu");
}

#[test]
fn a_stopped_job_starts_again_with_the_version_before() {
    let mut world = with_versions(1);
    world.ok(deregister("a", false, 20));
    world.ok(revert(0, None));
    let now = world.now();
    let current = now.job(&key("a")).unwrap();
    assert_eq!((current.version, current.stop), (2, false));
}

#[test]
fn stability_belongs_to_a_version() {
    let mut world = with_versions(3);
    assert_eq!(world.now().newest_stable(&key("a")), None);
    world.ok(stable(0, true));
    world.ok(stable(1, true));
    world.ok(stable(2, true));
    assert_eq!(world.now().newest_stable(&key("a")).unwrap().version, 1, "other than the current one");
    assert_eq!(world.now().watch_index(&WatchKey::Job(key("a"))), world.index());
    let index = world.index();
    world.ok(stable(1, true));
    assert_eq!(world.now().watch_index(&WatchKey::Job(key("a"))), index, "nothing new was said");
    world.ok(stable(1, false));
    assert_eq!(world.now().newest_stable(&key("a")).unwrap().version, 0);
    assert!(matches!(world.run(stable(7, true)), Err(Refusal::NoSuchJobVersion { version: 7, .. })));
    world.ok(version(9));
    assert!(!world.now().job(&key("a")).unwrap().stable, "a new version has to prove itself");
    world.ok(deregister("a", false, 40));
    assert!(!world.now().job(&key("a")).unwrap().stable);
}

#[test]
fn a_tag_names_one_version_and_keeps_it() {
    let mut world = with_versions(2);
    let Reply::JobTagged(given) = world.ok(tag("golden", Some(0))) else { panic!() };
    assert_eq!((&*given.name, given.tagged_at), ("golden", world.now().time()));
    assert_eq!(world.now().tagged_version(&key("a"), "golden").unwrap().version, 0);
    let refusal = world.run(tag("golden", None)).unwrap_err();
    assert_eq!(refusal.to_string(), "tag \"golden\" already exists on a different version of job \"a\"");
    world.ok(tag("golden", Some(0)));
    for priority in 3..=9 {
        world.ok(version(priority));
    }
    assert_eq!(numbers(&world), [8, 7, 6, 5, 4, 3, 0]);
    assert_eq!(&*world.now().submission(&key("a"), 0).unwrap().source, "priority = 1");
    world.ok(tag("platinum", Some(0)));
    assert!(world.now().tagged_version(&key("a"), "golden").is_none(), "one name a version");
    let refusal = world.run(untag("golden")).unwrap_err();
    assert_eq!(refusal.to_string(), "tag \"golden\" not found on job \"a\"");
    world.ok(untag("platinum"));
    assert_eq!(numbers(&world).len(), 7, "it goes with the next version");
    world.ok(version(10));
    assert_eq!(numbers(&world), [9, 8, 7, 6, 5, 4]);
}

#[test]
fn what_the_servers_keep_makes_no_new_version() {
    let mut world = with_versions(1);
    world.apply(vec![stable(0, true), tag("x", None)]);
    world.ok(version(1));
    assert_eq!(numbers(&world), [0]);
    assert!(world.now().job(&key("a")).unwrap().stable);
}

#[test]
fn the_cluster_says_how_many_versions_are_kept() {
    let mut world = with_versions(3);
    let set = |versions| Command::TrackedVersionsSet(TrackedVersionsSet { versions });
    assert_eq!(world.run(set(0)), Err(Refusal::NoTrackedVersions));
    world.ok(set(2));
    assert_eq!(world.now().tracked_versions(), 2);
    assert_eq!(numbers(&world), [2, 1, 0]);
    world.ok(version(4));
    assert_eq!(numbers(&world), [3, 2]);
    world.ok(set(8));
    for priority in 5..=20 {
        world.ok(version(priority));
    }
    assert_eq!(numbers(&world).len(), 8);
}

#[test]
fn the_commands_and_records_are_read_and_written_as_ever() {
    let mut world = with_versions(3);
    world.apply(vec![
        Command::TrackedVersionsSet(TrackedVersionsSet { versions: 9 }),
        stable(0, true),
        tag("golden", Some(1)),
        tag("gone", None),
        untag("gone"),
    ]);
    world.ok(revert(0, Some(2)));
    let encode = |(_, entry)| hex(&rmp_serde::to_vec_named(entry).unwrap());
    let lines: Vec<String> = world.log.iter().map(|(index, entry)| encode((index, entry))).collect();
    let stored = fixture("entries-versions-v1.hex", &lines);
    let mut state = State::new();
    for (line, index) in stored.iter().zip(1..) {
        let entry = rmp_serde::from_slice(&unhex(line)).unwrap();
        assert!(
            rmp_serde::to_vec_named(&entry).unwrap() == unhex(line),
            "entry {index} is written differently"
        );
        state.apply(Index(index), &entry);
    }
    assert_eq!(state.hash(), world.state.hash(), "the old log leads to another state");
    let versions = rows(&world.now()).into_iter().filter(|row| row.kind == RowKind::JobVersion);
    let lines: Vec<String> = versions.map(|row| hex(&row.bytes)).collect();
    assert_eq!(fixture("versions-v1.hex", &lines), lines, "records are written differently than before");
    assert_eq!(lines.len(), 4);
}
