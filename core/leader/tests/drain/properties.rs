//! Random clusters, drained at random: no group ever falls below what its `migrate` block allows because of a drain,
//! nothing leaves before its turn, and every drain ends.

use std::collections::BTreeMap;
use std::time::Duration;

use muster_ids::{AllocId, UnixNanos};
use muster_leader::Drainer;
use muster_model::{Alloc, ClientStatus, DrainDeadline, JobType, NodeStatus};
use muster_state::command::Command;
use proptest::prelude::*;

use crate::world::{World, marked, node_id, other, service};

const NODES: u32 = 6;
const MIN_HEALTHY: Duration = Duration::from_secs(10);
const HEALTHY_DEADLINE: Duration = Duration::from_secs(300);

/// What the test itself remembers: when each allocation was placed, and since when it has been running.
#[derive(Default)]
struct Model {
    placed: BTreeMap<AllocId, UnixNanos>,
    running: BTreeMap<AllocId, UnixNanos>,
}

impl Model {
    fn watch(&mut self, world: &World) {
        for alloc in world.snapshot().allocs() {
            self.placed.entry(alloc.id).or_insert(world.now);
            match alloc.client {
                ClientStatus::Running => drop(self.running.entry(alloc.id).or_insert(world.now)),
                _ => drop(self.running.remove(&alloc.id)),
            }
        }
    }

    /// Whether the policy counts it as up.
    fn counts(&self, alloc: &Alloc, now: UnixNanos) -> bool {
        let healthy = self.running.get(&alloc.id).is_some_and(|since| now.since(*since) >= MIN_HEALTHY);
        let given_up = now.since(self.placed[&alloc.id]) >= HEALTHY_DEADLINE;
        !alloc.terminal() && !alloc.transition.migrate && (healthy || given_up)
    }

    /// Applies what the drainer wants, and checks it against the policy.
    fn follow(&mut self, world: &mut World, commands: Vec<Command>) {
        for command in commands {
            let before = world.snapshot();
            for id in marked(&command) {
                let alloc = before.alloc(id).unwrap();
                let node = before.node(alloc.node_id).unwrap();
                let strategy = node.drain.as_ref().expect("only draining nodes are emptied");
                if strategy.forces(world.now) {
                    assert!(alloc.job.kind != JobType::System || !strategy.spec.ignore_system_jobs);
                    continue;
                }
                match alloc.job.kind {
                    JobType::Service => {}
                    JobType::System => {
                        assert!(!strategy.spec.ignore_system_jobs);
                        // Of what was told to end before its node died, nobody will say that it did.
                        let unheard =
                            |alloc: &Alloc| alloc.server_terminal() && node.status != NodeStatus::Ready;
                        let left = before.allocs_by_node(node.id);
                        let left = left.filter(|alloc| !alloc.client_terminal() && !unheard(alloc));
                        assert!(left.into_iter().all(|alloc| alloc.job.kind == JobType::System));
                    }
                    other => panic!("{other:?} work was moved before its deadline"),
                }
            }
            let up = |world: &World, job: &str| {
                let snapshot = world.snapshot();
                let key = crate::world::key(job);
                snapshot.allocs_by_job(&key).filter(|alloc| self.counts(alloc, world.now)).count()
            };
            let forced = marked(&command).iter().any(|id| {
                let node = before.node(before.alloc(*id).unwrap().node_id).unwrap();
                node.drain.as_ref().unwrap().forces(world.now)
            });
            let was: Vec<_> = ["a", "b"].map(|job| up(world, job)).into();
            world.apply(command).unwrap();
            let is: Vec<_> = ["a", "b"].map(|job| up(world, job)).into();
            for (at, (count, parallel)) in [A, B].into_iter().enumerate() {
                let floor = (count - parallel) as usize;
                let fine = forced || is[at] == was[at] || is[at] >= floor;
                assert!(fine, "job {at}: {} up, then {}, with {floor} wanted", was[at], is[at]);
            }
        }
    }
}

const A: (u32, u32) = (7, 2);
const B: (u32, u32) = (4, 1);

#[derive(Clone, Copy, Debug)]
enum Step {
    Pass(u8),
    Schedule,
    /// Nodes obey for a part of their allocations.
    Obey(u8),
    Decide,
    /// A decision that never reaches the log.
    Lose,
    NewLeader,
    Drain(u8, u8),
    Cancel(u8),
    Down(u8),
    Fail(u8),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1..40_u8).prop_map(Step::Pass),
        4 => Just(Step::Schedule),
        4 => any::<u8>().prop_map(Step::Obey),
        4 => Just(Step::Decide),
        1 => Just(Step::Lose),
        1 => Just(Step::NewLeader),
        2 => (any::<u8>(), any::<u8>()).prop_map(|(node, how)| Step::Drain(node, how)),
        1 => any::<u8>().prop_map(Step::Cancel),
        1 => any::<u8>().prop_map(Step::Down),
        1 => any::<u8>().prop_map(Step::Fail),
    ]
}

fn take(world: &mut World, model: &mut Model, step: Step) {
    // The last node is never drained, so that there is always somewhere to go.
    let pick = |number: u8| 1 + u32::from(number) % (NODES - 1);
    match step {
        Step::Pass(seconds) => world.pass(Duration::from_secs(seconds.into())),
        Step::Schedule => world.schedule(),
        Step::Obey(which) => world.obey(|alloc| !(alloc.id.as_bytes()[0] ^ which).is_multiple_of(3)),
        Step::Decide => {
            let commands = world.decide();
            model.follow(world, commands);
        }
        Step::Lose => drop(world.decide()),
        Step::NewLeader => {
            world.drainer = Drainer::default();
            let snapshot = world.snapshot();
            world.drainer.refill(&snapshot);
        }
        Step::Drain(node, how) => {
            let deadline = match how % 5 {
                0 => DrainDeadline::Force,
                1 => DrainDeadline::After(Duration::from_secs(60)),
                _ => DrainDeadline::Never,
            };
            world.drain(pick(node), deadline, how.is_multiple_of(2));
        }
        Step::Cancel(node) => drop(world.set_drain(pick(node), None, node.is_multiple_of(2))),
        Step::Down(node) => {
            let down = world.node(pick(node)).status == NodeStatus::Down;
            world.status(pick(node), if down { NodeStatus::Ready } else { NodeStatus::Down });
        }
        Step::Fail(which) => {
            let running: Vec<_> = world
                .snapshot()
                .allocs()
                .filter(|alloc| alloc.client == ClientStatus::Running)
                .cloned()
                .collect();
            if let Some(alloc) = running.get(usize::from(which) % running.len().max(1)) {
                world.report(alloc, ClientStatus::Failed);
            }
        }
    }
    model.watch(world);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn drains_keep_to_the_policy_and_end(steps in prop::collection::vec(step(), 1..120)) {
        let mut world = World::new(NODES);
        world.register(service("a", A.0, A.1));
        world.register(service("b", B.0, B.1));
        world.register(other("batch", JobType::Batch, 3));
        world.register(other("sys", JobType::System, 1));
        let mut model = Model::default();
        world.settle();
        model.watch(&world);
        for step in steps {
            take(&mut world, &mut model, step);
        }
        // Now nothing more goes wrong, and batch work ends.
        (1..=NODES).filter(|number| world.node(*number).status == NodeStatus::Down).collect::<Vec<_>>().into_iter()
            .for_each(|number| world.status(number, NodeStatus::Ready));
        for _ in 0..80 {
            world.schedule();
            world.obey(|_| true);
            let batch: Vec<_> = world.snapshot().allocs()
                .filter(|alloc| alloc.job.kind == JobType::Batch && alloc.client == ClientStatus::Running).cloned().collect();
            batch.iter().for_each(|alloc| world.report(alloc, ClientStatus::Complete));
            model.watch(&world);
            let commands = world.decide();
            model.follow(&mut world, commands);
            world.pass(Duration::from_secs(10));
            model.watch(&world);
        }
        prop_assert_eq!(world.drainer.draining(), 0, "{:#?}", world.snapshot().nodes().filter(|n| n.drain.is_some()).collect::<Vec<_>>());
        for number in 1..NODES {
            prop_assert!(world.snapshot().node(node_id(number)).unwrap().drain.is_none());
        }
        prop_assert_eq!((world.running("a"), world.running("b")), (A.0 as usize, B.0 as usize));
    }
}
