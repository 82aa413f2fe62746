//! Random histories. `World` checks every invariant and every wake-up after each entry; here, what must hold for a
//! history as a whole.

use std::collections::BTreeMap;

use muster_ids::{GroupName, Index, Region, UnixNanos};
use muster_model::{
    ClientStatus, DeploymentFailure, DesiredTransition, DrainDeadline, DrainSpec, Eligibility, EvalStatus,
    Job, JobType, NamespaceDetails, NodePoolDetails, NodeStatus, Parameterized, Plan, PoolBinding, Resources,
    RootKeyState, ScalingPolicy, SchedulerConfig, Share, Taken, Thing, VersionTag,
};
use muster_state::command::{
    AllocMigrate, AllocStop, Command, DeploymentAllocHealth, DeploymentFail, DeploymentPause,
    DeploymentPromote, EvalUpdate, GarbageCollect, JobEvaluate, JobRegister, JobRevert, JobScale,
    JobStability, JobTagApply, JobTagRemove, LaunchCause, NodeDrainFinish, NodeDrainUpdate,
    NodeEligibilityUpdate, NodeGiveUp, NodePlansRejected, NodePoolDelete, NodePoolUpsert, RootKeyAdd,
    RootKeyCondition, RootKeyDelete, RootKeyStateUpdate, SchedulerConfigUpdate, TrackedVersionsSet,
};
use muster_state::{Snapshot, State};
use proptest::prelude::*;

use crate::build::{
    SEED, deployment, deployment_id, deregister, dispatch, dispatching, eval_id, evaluation, job, join, key,
    launch, node_id, parameterized, periodic, placement, plan, register, report, status, stop,
};
use crate::named::{equipped, with};
use crate::namespaces;
use crate::root_keys::{root_key, root_key_id};
use crate::world::{World, keys, rows};
use crate::{acl, acl_links};

/// One step, chosen by numbers that are read against whatever exists.
#[derive(Clone, Copy, Debug)]
struct Step {
    kind: u8,
    a: u32,
    b: u32,
}

fn steps() -> impl Strategy<Value = Vec<Vec<Step>>> {
    let step = (0..37u8, 0..1000u32, 0..1000u32).prop_map(|(kind, a, b)| Step { kind, a, b });
    prop::collection::vec(prop::collection::vec(step, 1..3), 1..50)
}

const JOBS: [(&str, JobType); 4] =
    [("a", JobType::Service), ("b", JobType::Batch), ("s", JobType::System), ("t", JobType::Sysbatch)];
const STATUSES: [ClientStatus; 5] = [
    ClientStatus::Pending,
    ClientStatus::Running,
    ClientStatus::Complete,
    ClientStatus::Failed,
    ClientStatus::Unknown,
];

/// Draws commands; fresh ids come from a counter, snapshots of the past feed late plans.
#[derive(Default)]
struct History {
    world: World,
    past: Vec<Snapshot>,
    next: u32,
}

fn pick<T>(mut of: impl ExactSizeIterator<Item = T>, number: u32) -> Option<T> {
    if of.len() == 0 { None } else { of.nth(number as usize % of.len()) }
}

impl History {
    fn fresh(&mut self) -> u32 {
        self.next += 1;
        1000 + self.next
    }

    fn run(mut self, entries: &[Vec<Step>]) -> Self {
        for entry in entries {
            let commands = entry.iter().filter_map(|step| self.command(*step)).collect();
            self.past.push(self.world.now());
            self.world.apply(commands);
        }
        self
    }

    fn command(&mut self, Step { kind, a, b }: Step) -> Option<Command> {
        let now = self.world.now();
        let (id, job_kind) = *pick(JOBS.iter(), a)?;
        Some(match kind {
            0 | 1 => {
                let mut node = equipped(1 + a % 3);
                node.capacity.topology[1].reservable = b.is_multiple_of(2);
                node.capacity.devices[0].instances[0].healthy = !b.is_multiple_of(5);
                node.capacity.max_allocs = [0, 0, 2][b as usize % 3];
                node.attributes.insert("x".into(), (b % 3).to_string().into());
                node.pool =
                    muster_ids::NodePool::new(if b.is_multiple_of(7) { "gpu" } else { "default" }).unwrap();
                join(node)
            }
            2 | 3 => {
                let mut job = job(id, job_kind);
                if b.is_multiple_of(3) && job_kind != JobType::System {
                    job.groups[0].scaling =
                        Some(Box::new(ScalingPolicy { max: 4, ..ScalingPolicy::default() }));
                }
                job.priority = 1 + 10 * (b % 4) as u16;
                let enforce = (b.is_multiple_of(5)).then_some(Index(u64::from(b % 3)));
                match register(job, self.fresh()) {
                    Command::JobRegister(register) => {
                        Command::JobRegister(Box::new(JobRegister { enforce_index: enforce, ..*register }))
                    }
                    other => other,
                }
            }
            4 => deregister(id, b.is_multiple_of(3), self.fresh()),
            5..=8 => Command::PlanApply(Box::new(self.plan(a, b)?)),
            9 => status(
                1 + a % 3,
                [NodeStatus::Down, NodeStatus::Ready, NodeStatus::Disconnected][b as usize % 3],
            ),
            10 => {
                let eligibility = [Eligibility::Eligible, Eligibility::Ineligible][b as usize % 2];
                let update = NodeEligibilityUpdate { node_id: node_id(1 + a % 3), eligibility, seed: SEED };
                Command::NodeEligibilityUpdate(update)
            }
            11 | 12 => {
                let alloc = pick(now.allocs().collect::<Vec<_>>().into_iter(), a)?;
                let Command::AllocClientUpdate(mut update) = report(1, 1, STATUSES[b as usize % 5]) else {
                    return None;
                };
                update.updates[0].id = alloc.id;
                update.node_id = if b.is_multiple_of(11) { node_id(1 + b % 3) } else { alloc.node_id };
                Command::AllocClientUpdate(update)
            }
            13 => {
                let alloc = pick(now.allocs().collect::<Vec<_>>().into_iter(), a)?;
                let transition =
                    DesiredTransition { migrate: b.is_multiple_of(2), ..DesiredTransition::default() };
                Command::AllocStop(AllocStop { id: alloc.id, transition, eval_id: eval_id(self.fresh()) })
            }
            16 => self.about_version(a, b)?,
            26 | 27 => self.about_deployment(a, b)?,
            14 => {
                let statuses = [EvalStatus::Blocked, EvalStatus::Complete, EvalStatus::Pending];
                let status = statuses[b as usize % 3];
                let old =
                    pick(now.evals().collect::<Vec<_>>().into_iter(), a).filter(|_| b.is_multiple_of(2));
                let mut eval = match old {
                    Some(old) => muster_model::Evaluation::clone(old),
                    None => evaluation(self.fresh(), &job(id, job_kind), status),
                };
                eval.status = status;
                eval.queued = [(muster_ids::GroupName::new("web").unwrap(), b % 4)].into();
                Command::EvalUpdate(EvalUpdate { evals: vec![eval] })
            }
            18 => {
                let deadlines = [DrainDeadline::Force, DrainDeadline::Never, DrainDeadline::from_nanos(5)];
                let deadline = deadlines[b as usize % 3];
                let drain =
                    (b % 4 != 0).then_some(DrainSpec { deadline, ignore_system_jobs: b.is_multiple_of(5) });
                Command::NodeDrainUpdate(Box::new(NodeDrainUpdate {
                    node_id: node_id(1 + a % 3),
                    drain,
                    mark_eligible: b.is_multiple_of(8),
                    accessor: None,
                    meta: [("b".into(), b.to_string().into())].into(),
                    seed: SEED,
                }))
            }
            21 => Command::NodeGiveUp(NodeGiveUp { node_id: node_id(1 + a % 3), seed: SEED }),
            19 => Command::NodeDrainFinish(NodeDrainFinish { nodes: (1..=3).map(node_id).collect() }),
            20 => {
                let all = now.allocs().map(|alloc| alloc.id).enumerate();
                let allocs =
                    all.filter(|(at, _)| !(*at as u32 + b).is_multiple_of(3)).map(|(_, id)| id).collect();
                Command::AllocMigrate(AllocMigrate { allocs, seed: SEED })
            }
            22 => {
                let mut parent = match a % 3 {
                    0 => parameterized("p", Parameterized::default()),
                    1 => periodic("q"),
                    _ => Job {
                        periodic: periodic("q").periodic,
                        ..parameterized("both", Parameterized::default())
                    },
                };
                parent.priority = 1 + (b % 2) as u16;
                register(parent, self.fresh())
            }
            23 => {
                let mut of = dispatching(["p", "both"][a as usize % 2], self.fresh());
                of.token = (!b.is_multiple_of(3)).then(|| format!("t{}", b % 4).into());
                dispatch(of)
            }
            24 => {
                let parents: Vec<_> = now.scheduled_jobs().cloned().collect();
                let parent = pick(parents.into_iter(), a)?;
                let at = UnixNanos(now.time().0 + i64::from(b % 3) * 1_000_000_000);
                let cause = if b.is_multiple_of(2) { LaunchCause::Force } else { LaunchCause::Schedule(at) };
                launch(parent.id.as_str(), cause, self.fresh())
            }
            25 => {
                let job = pick(now.jobs().collect::<Vec<_>>().into_iter(), a)?;
                let Command::JobDeregister(mut gone) = deregister("a", b.is_multiple_of(2), self.fresh())
                else {
                    return None;
                };
                gone.key = job.key();
                Command::JobDeregister(gone)
            }
            30 => about_scheduling(a, b),
            31 => {
                let mut job = job(id, job_kind);
                job.namespace = namespaces::name("t");
                register(job, self.fresh())
            }
            32 | 33 => about_namespace(a, b),
            34 => about_root_keys(&now, a, b, self.fresh())?,
            35 | 36 => about_acl(a, b),
            _ => Command::GarbageCollect(GarbageCollect {
                evals: now.evals().map(|eval| eval.id).filter(|_| a.is_multiple_of(2)).collect(),
                allocs: now.allocs().map(|alloc| alloc.id).collect(),
                jobs: now.jobs().map(|job| job.key()).collect(),
                nodes: (1..=3).map(node_id).collect(),
                deployments: now.deployments().map(|one| one.id).filter(|_| b.is_multiple_of(3)).collect(),
            }),
        })
    }

    /// A plan that begins a rollout, or what is done to one there is.
    fn about_deployment(&mut self, a: u32, b: u32) -> Option<Command> {
        let now = self.world.now();
        let known: Vec<_> = now.deployments().cloned().collect();
        let Some(one) = pick(known.iter(), a).filter(|_| !b.is_multiple_of(4)) else {
            let eval = pick(now.evals().collect::<Vec<_>>().into_iter(), a)?;
            let job = now.job(&eval.job_key())?;
            let mut plan = plan(eval.job_id.as_str(), 0, job.version, now.index());
            plan.eval_id = eval.id;
            let id = deployment_id(self.fresh());
            (plan.deployment_id, plan.deployment) = (Some(id), Some(Box::new(deployment(id, job, b % 3))));
            let columns = now.columns();
            let place = 1 + a % 3;
            let slot = columns.slot_of(node_id(place)).and_then(|slot| columns.get(slot));
            let fits = slot.is_some_and(|slot| {
                slot.accepts_work() && job.groups[0].ask().exhausted_in(slot.available()).is_none()
            });
            if fits {
                let mut one = placement(self.fresh(), place, &[]);
                (one.in_deployment, one.canary) = (true, !b.is_multiple_of(3));
                plan.placements.push(one);
            }
            return Some(Command::PlanApply(Box::new(plan)));
        };
        let (id, eval_id) = (one.id, eval_id(self.fresh()));
        let parts: Vec<_> =
            now.allocs().filter(|alloc| alloc.deployment_id() == Some(id)).map(|alloc| alloc.id).collect();
        Some(match b % 8 {
            1 => Command::DeploymentFail(DeploymentFail { id, cause: DeploymentFailure::Marked, eval_id }),
            2 => Command::DeploymentPromote(DeploymentPromote { id, groups: None, eval_id }),
            3 => Command::DeploymentPause(DeploymentPause { id, pause: a.is_multiple_of(2), eval_id }),
            5 => Command::DeploymentAllocHealth(DeploymentAllocHealth {
                id,
                healthy: Vec::new(),
                unhealthy: parts,
                eval_id,
            }),
            _ => Command::DeploymentAllocHealth(DeploymentAllocHealth {
                id,
                healthy: parts,
                unhealthy: Vec::new(),
                eval_id,
            }),
        })
    }

    /// What is said about a version of a job, which may not be kept.
    fn about_version(&mut self, a: u32, b: u32) -> Option<Command> {
        let (key, version) = (key(pick(JOBS.iter(), a)?.0), u64::from(b % 4));
        let name = ["blue", "green"][a as usize % 2];
        Some(match b % 7 {
            0 => {
                let eval_id = eval_id(self.fresh());
                let enforce_prior_version = (b.is_multiple_of(3)).then_some(u64::from(a % 3));
                Command::JobRevert(JobRevert { key, version, enforce_prior_version, eval_id })
            }
            1 => Command::JobStability(JobStability { key, version, stable: a.is_multiple_of(2) }),
            2 => {
                let tag = VersionTag::new(name, "").ok()?;
                let version = (!a.is_multiple_of(3)).then_some(version);
                Command::JobTagApply(JobTagApply { key, version, tag })
            }
            3 => Command::JobTagRemove(JobTagRemove { key, name: name.into() }),
            4 => {
                let group = GroupName::new(["web", "db", "none"][a as usize % 3]).ok()?;
                let eval_id = eval_id(self.fresh());
                Command::JobScale(Box::new(JobScale {
                    key,
                    group,
                    count: (!b.is_multiple_of(7)).then_some(b % 5),
                    max_total: 6,
                    message: "said so".into(),
                    error: false,
                    meta: BTreeMap::new(),
                    enforce_index: None,
                    eval_id,
                }))
            }
            5 => {
                let eval_id = eval_id(self.fresh());
                Command::JobEvaluate(JobEvaluate { key, force_reschedule: a.is_multiple_of(2), eval_id })
            }
            _ => Command::TrackedVersionsSet(TrackedVersionsSet { versions: a % 4 }),
        })
    }

    /// A plan as an honest scheduler makes it: what it places fits in the snapshot it saw, which may be old.
    fn plan(&mut self, a: u32, b: u32) -> Option<Plan> {
        let seen = pick(self.past.iter().rev().take(1 + b as usize % 8), 999)?.clone();
        let now = self.world.now();
        let eval = pick(now.evals().collect::<Vec<_>>().into_iter(), a)?;
        let job = seen.job(&eval.job_key())?;
        let mut made = plan(job.id.as_str(), 0, job.version, seen.index());
        (made.eval_id, made.namespace) = (eval.id, job.namespace.clone());
        made.all_at_once = b.is_multiple_of(9);
        let mut load = Resources::default();
        let mut mine = Taken::default();
        for _ in 0..=a % 3 {
            let number = self.fresh();
            let mut placement = placement(number, 1 + b % 3, &[80 + (number % 4) as u16]);
            placement.group = (b % 2) as u16;
            if number.is_multiple_of(2) {
                let address = if number.is_multiple_of(4) { "10.0.0.1" } else { "" };
                let core: &[u16] = if a.is_multiple_of(2) { &[(number % 3) as u16] } else { &[] };
                placement = with(placement, core, &[["g1", "g2"][number as usize / 2 % 2]], address);
            }
            let ask = job.groups[usize::from(placement.group)].ask();
            let ask = Share::new(ask, &placement.ports, placement.allotted.as_deref()).resources;
            let slot = seen.columns().get(seen.columns().slot_of(placement.node_id)?)?;
            let port = placement.ports[0].value;
            let unused = made.placements.iter().all(|other| other.ports[0].value != port);
            let victim = seen
                .allocs_by_node(placement.node_id)
                .filter(|alloc| !alloc.terminal() && job.priority >= alloc.job.priority + 10);
            if b.is_multiple_of(5)
                && let Some(victim) = victim.map(|alloc| alloc.id).min()
            {
                // Whether that makes room enough is for `apply` to say.
                placement.preempts = vec![victim];
                made.placements.push(placement);
                continue;
            }
            let fits = slot.accepts_work() && load.plus(ask).exhausted_in(slot.available()).is_none();
            let share = Share::new(Resources::default(), &placement.ports, placement.allotted.as_deref());
            let free = |thing: &Thing| {
                slot.offers(thing) && slot.taken().holders(thing) == 0 && mine.holders(thing) == 0
            };
            if fits && unused && share.things().all(|thing| free(&thing)) {
                mine.add(share);
                load = load.plus(ask);
                placement.previous = seen.allocs_by_job(&job.key()).map(|alloc| alloc.id).min();
                made.placements.push(placement);
            }
        }
        if let Some(alloc) =
            pick(seen.allocs().collect::<Vec<_>>().into_iter(), b).filter(|_| b.is_multiple_of(3))
        {
            let lost = [None, Some(ClientStatus::Lost), Some(ClientStatus::Unknown)][a as usize % 3];
            let mut stop = stop(1, lost);
            stop.id = alloc.id;
            made.stops.push(stop);
        }
        if b.is_multiple_of(4) {
            let mut done = muster_model::Evaluation::clone(eval);
            done.status = EvalStatus::Complete;
            made.evals_if_whole.push(done);
        }
        Some(made)
    }
}

/// One namespace beside the default, and what it is bound to.
fn about_namespace(a: u32, b: u32) -> Command {
    let allowed = [None, Some(vec!["gpu".into()]), Some(vec!["default".into()])][b as usize % 3].clone();
    let pools = PoolBinding { allowed, ..PoolBinding::default() };
    match a % 3 {
        0 => namespaces::delete("t"),
        _ => namespaces::upsert(NamespaceDetails { pools, ..NamespaceDetails::bare(namespaces::name("t")) }),
    }
}

/// Keys come, go and change places.
fn about_root_keys(now: &Snapshot, a: u32, b: u32, fresh: u32) -> Option<Command> {
    let known: Vec<_> = now.root_keys().map(|key| key.id).collect();
    Some(match a % 4 {
        0 | 1 => {
            let publish = (b.is_multiple_of(3)).then_some(UnixNanos(i64::from(b)));
            let conditions = [
                RootKeyCondition::Always,
                RootKeyCondition::First,
                RootKeyCondition::Next { active: now.active_root_key().map_or(root_key_id(1), |key| key.id) },
            ];
            Command::RootKeyAdd(Box::new(RootKeyAdd {
                key: root_key(fresh, publish),
                rekey: b.is_multiple_of(5),
                condition: conditions[b as usize % 3],
            }))
        }
        2 => {
            let states = [RootKeyState::Active, RootKeyState::Inactive, RootKeyState::Rekeying];
            let id = pick(known.into_iter(), b)?;
            Command::RootKeyStateUpdate(RootKeyStateUpdate { id, state: states[b as usize % 3] })
        }
        _ => Command::RootKeyDelete(RootKeyDelete {
            id: pick(known.into_iter(), b)?,
            force: b.is_multiple_of(2),
        }),
    })
}

/// Configurations and node pools.
fn about_scheduling(a: u32, b: u32) -> Command {
    let name = muster_ids::NodePool::new(["gpu", "edge", "all"][b as usize % 3]).unwrap();
    match a % 4 {
        0 => Command::NodePoolDelete(NodePoolDelete { name, region: Region::global() }),
        1 => {
            let details =
                NodePoolDetails { description: b.to_string().into(), ..NodePoolDetails::bare(name) };
            Command::NodePoolUpsert(Box::new(NodePoolUpsert { details }))
        }
        2 => Command::NodePlansRejected(NodePlansRejected { node_id: node_id(1 + b % 3) }),
        _ => {
            let config =
                SchedulerConfig { pause_eval_broker: b.is_multiple_of(2), ..SchedulerConfig::default() };
            let cas = b.is_multiple_of(3).then_some(Index(u64::from(b % 9)));
            Command::SchedulerConfigUpdate(Box::new(SchedulerConfigUpdate { config, cas }))
        }
    }
}

/// Tokens, policies, roles and one-time tokens.
fn about_acl(a: u32, b: u32) -> Command {
    let (number, name) = ((a % 3) as u8 + 1, ["a", "b", "c"][b as usize % 3]);
    match (a / 3) % 9 {
        0 | 1 if b.is_multiple_of(2) => acl_links::upsert(vec![acl_links::bound(name, "default", None)]),
        0 | 1 => acl_links::upsert(vec![acl_links::policy(name), acl_links::policy("d")]),
        2 => acl_links::forget(&[name]),
        3 => acl_links::role(number, name, &[name, "d"], b.is_multiple_of(2)),
        4 => acl_links::drop_role(number),
        5 if b.is_multiple_of(4) => acl::create(number, (b % 5) as u8),
        5 if b.is_multiple_of(2) => acl_links::lasting(number, (b % 5) as u8, &[number]),
        5 => acl_links::lasting(number, (b % 5) as u8, &[]),
        6 => acl::delete(&[number]),
        7 => acl_links::once(number, (b % 5) as u8, i64::from(b % 60)),
        _ if b.is_multiple_of(3) => Command::OneTimeTokenCollect,
        _ => acl_links::exchange((b % 5) as u8),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_histories_keep_every_promise(entries in steps()) {
        let mut history = History::default().run(&entries);
        let world = &history.world;
        replay_gives_the_same(world);
        restore_gives_the_same(world);
        let kept = history.past.clone();
        let before: Vec<_> = kept.iter().map(|snapshot| (snapshot.hash(), rows(snapshot))).collect();
        history = history.run(&entries);
        drop(history);
        for (snapshot, (hash, rows_before)) in kept.iter().zip(before) {
            prop_assert_eq!(snapshot.hash(), hash);
            prop_assert!(rows(snapshot) == rows_before, "a snapshot changed");
            muster_state::invariants::check(snapshot).unwrap();
        }
    }
}

fn replay_gives_the_same(world: &World) {
    let mut again = State::new();
    for (index, entry) in &world.log {
        again.apply(*index, entry);
    }
    assert_eq!(again.hash(), world.state.hash());
    assert!(rows(&again.snapshot()) == rows(&world.now()));
}

fn restore_gives_the_same(world: &World) {
    let now = world.now();
    let written = rows(&now);
    let restored = State::restore(written.iter().cloned().map(Ok)).unwrap();
    let again = restored.snapshot();
    assert_eq!(again.hash(), now.hash());
    assert!(rows(&again) == written);
    muster_state::invariants::check(&again).unwrap();
    for key in keys(&now) {
        assert_eq!(now.watch_index(&key), again.watch_index(&key), "{key:?}");
    }
    for job in now.jobs() {
        assert_eq!(now.job_summary(&job.key()), again.job_summary(&job.key()));
    }
    assert!(now.miscounted_jobs().is_empty());
}
