#![expect(clippy::unwrap_used, reason = "tests")]

use muster_model::{Job, JobType, Periodic};
use muster_state::State;
use muster_state::command::{Entry, JobDeregister, JobRegister};
use proptest::prelude::*;

use super::*;

const SECOND: i64 = 1_000_000_000;

fn at(seconds: i64) -> UnixNanos {
    UnixNanos(seconds * SECOND)
}

/// A leader's dispatcher and the log that it proposes to.
struct Cluster {
    state: State,
    brain: PeriodicDispatcher,
    drawn: u8,
    /// Instants launched, in the order of the log.
    launched: Vec<i64>,
}

impl Cluster {
    fn new(now: i64) -> Self {
        let mut cluster = Self {
            state: State::new(),
            brain: PeriodicDispatcher::default(),
            drawn: 0,
            launched: Vec::new(),
        };
        cluster.elect(now);
        cluster
    }

    /// Another server leads, which knows nothing but the state.
    fn elect(&mut self, now: i64) {
        self.brain = PeriodicDispatcher::default();
        self.brain.lead(at(now));
        self.brain.refill(&self.state.snapshot());
    }

    fn apply(&mut self, now: i64, command: Command) {
        let index = self.state.snapshot().index().next();
        if let Command::PeriodicLaunch(PeriodicLaunch { cause: LaunchCause::Schedule(at), .. }) = &command {
            self.launched.push(at.0 / SECOND);
        }
        let applied = self.state.apply(index, &Entry { time: at(now), commands: vec![command] });
        if applied.replies[0].is_err() {
            self.launched.pop();
        }
        muster_state::invariants::check(&self.state.snapshot()).unwrap();
        applied.events.iter().for_each(|event| self.brain.take_event(event, index));
    }

    fn decide(&mut self, now: i64) -> Vec<Command> {
        let drawn = &mut self.drawn;
        let mut draw = || {
            *drawn = drawn.wrapping_add(1);
            [*drawn; 16]
        };
        self.brain.decide(&self.state.snapshot(), at(now), &mut draw)
    }

    /// Looks at the clock once; what is decided reaches the log.
    fn tick(&mut self, now: i64) {
        for command in self.decide(now) {
            self.apply(now, command);
        }
    }

    fn register(&mut self, now: i64, crons: &[&str]) {
        let periodic = Periodic {
            enabled: true,
            specs: crons.iter().map(|text| (*text).into()).collect(),
            time_zone: "UTC".into(),
            ..Periodic::default()
        };
        let job = Job { periodic: Some(Box::new(periodic)), ..muster_builders::job("q", JobType::Batch, 1) };
        let register = JobRegister {
            job,
            eval_id: EvalId::from_bytes([0; 16]),
            enforce_index: None,
            submission: None,
            eval_priority: None,
        };
        self.apply(now, Command::JobRegister(Box::new(register)));
    }
}

#[test]
fn each_instant_is_launched_when_it_comes() {
    let mut cluster = Cluster::new(1000);
    cluster.register(1000, &["* * * * *"]);
    assert_eq!(cluster.brain.next_deadline(), Some(UnixNanos::ZERO), "to be planned");
    cluster.tick(1000);
    assert_eq!(cluster.brain.next_deadline(), Some(at(1020)));
    cluster.tick(1019);
    assert!(cluster.launched.is_empty());
    for now in [1020, 1021, 1080, 1141] {
        cluster.tick(now);
        cluster.tick(now);
    }
    assert_eq!(cluster.launched, [1020, 1080, 1140]);
}

#[test]
fn a_launch_that_did_not_reach_the_log_is_decided_again() {
    let mut cluster = Cluster::new(1000);
    cluster.register(1000, &["* * * * *"]);
    cluster.tick(1000);
    let lost = cluster.decide(1020);
    assert_eq!(lost.len(), 1);
    let again = cluster.decide(1021);
    assert_eq!(again.len(), 1);
    cluster.apply(1021, again[0].clone());
    // The first was not lost after all.
    cluster.apply(1022, lost[0].clone());
    assert_eq!(cluster.launched, [1020]);
}

#[test]
fn what_was_missed_while_nobody_led_is_made_up_for_once() {
    let mut cluster = Cluster::new(1000);
    cluster.register(1000, &["* * * * *"]);
    cluster.tick(1025);
    cluster.elect(1630);
    for now in [1630, 1631, 1680] {
        cluster.tick(now);
    }
    assert_eq!(cluster.launched, [1020, 1620, 1680]);
    // Short outages, too.
    cluster.elect(1743);
    cluster.tick(1743);
    cluster.elect(1744);
    cluster.tick(1744);
    assert_eq!(cluster.launched, [1020, 1620, 1680, 1740]);
}

#[test]
fn a_clock_that_jumps_starts_no_avalanche() {
    let mut cluster = Cluster::new(1000);
    cluster.register(1000, &["*/10 * * * * * *"]);
    cluster.tick(1000);
    cluster.tick(90_000);
    cluster.tick(90_000);
    assert_eq!(cluster.launched, [90_000]);
    // A leader that is merely slow catches up one by one.
    for _ in 0..5 {
        cluster.tick(90_035);
    }
    assert_eq!(cluster.launched, [90_000, 90_010, 90_020, 90_030]);
}

#[test]
fn a_changed_job_is_planned_anew_and_a_stopped_one_no_more() {
    let mut cluster = Cluster::new(1000);
    cluster.register(1000, &["0 0 * * *"]);
    cluster.tick(1000);
    cluster.register(1001, &["* * * * *"]);
    cluster.tick(1001);
    assert_eq!(cluster.brain.next_deadline(), Some(at(1020)));
    let stop = JobDeregister {
        key: muster_builders::job("q", JobType::Batch, 1).key(),
        purge: true,
        eval_id: EvalId::from_bytes([0; 16]),
        eval_priority: None,
        no_shutdown_delay: false,
    };
    cluster.apply(1002, Command::JobDeregister(stop));
    cluster.tick(1100);
    assert_eq!((cluster.launched.len(), cluster.brain.next_deadline()), (0, None));
}

#[test]
fn a_state_that_is_older_than_the_news_is_not_planned_from() {
    let mut cluster = Cluster::new(1000);
    let before = cluster.state.snapshot();
    cluster.register(1000, &["* * * * *"]);
    let mut draw = || [0; 16];
    cluster.brain.decide(&before, at(1000), &mut draw);
    assert_eq!(cluster.brain.next_deadline(), Some(UnixNanos::ZERO));
    cluster.tick(1000);
    assert_eq!(cluster.brain.next_deadline(), Some(at(1020)));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever happens to leaders and proposals: no instant twice, none out of order, and none left out while
    /// somebody leads without pause.
    #[test]
    fn every_instant_at_most_once(steps in prop::collection::vec((0..4u8, 1..50i64), 1..60)) {
        let mut cluster = Cluster::new(1000);
        cluster.register(1000, &["*/10 * * * * * *"]);
        let (mut now, mut missed) = (1000, false);
        for (kind, pause) in steps {
            now += pause;
            match kind {
                0 => {
                    cluster.elect(now);
                    missed = true;
                }
                1 => {
                    let _lost = cluster.decide(now);
                }
                2 => {
                    for command in cluster.decide(now) {
                        cluster.apply(now, command.clone());
                        cluster.apply(now, command);
                    }
                }
                _ => cluster.tick(now),
            }
        }
        for _ in 0..20 {
            cluster.tick(now);
        }
        let launched = &cluster.launched;
        prop_assert!(launched.windows(2).all(|pair| pair[0] < pair[1]), "{:?}", launched);
        prop_assert!(launched.iter().all(|instant| instant % 10 == 0 && *instant > 1000 && *instant <= now));
        if !missed && now - 1000 < 60 {
            prop_assert_eq!(launched.len() as i64, (now - 1000) / 10);
        }
        prop_assert!(launched.last().is_none_or(|last| now - last < 10), "the newest one was launched");
    }
}
