//! A state and its log. Every step checks the invariants and who is woken.

use std::collections::BTreeSet;

use muster_ids::{Index, UnixNanos};
use muster_model::{Plan, PlanOutcome};
use muster_state::command::{Command, Entry, Event, Refusal, Reply};
use muster_state::{Applied, Snapshot, SnapshotRow, State, StreamEvent, WatchKey, invariants, stream_events};

#[derive(Default)]
pub struct World {
    pub state: State,
    pub log: Vec<(Index, Entry)>,
    pub events: Vec<Event>,
    pub changed: Vec<WatchKey>,
    /// What subscribers of the event stream are told of the last entry.
    pub told: Vec<StreamEvent>,
}

impl World {
    pub fn index(&self) -> Index {
        self.state.snapshot().index()
    }

    pub fn apply(&mut self, commands: Vec<Command>) -> Vec<Result<Reply, Refusal>> {
        let index = self.index().next();
        let entry = Entry { time: UnixNanos(1_000_000_000 * index.0.cast_signed()), commands };
        let before = self.state.snapshot();
        let applied = self.state.apply(index, &entry);
        self.told = stream_events(&entry.commands, &applied);
        let Applied { replies, events, changed, .. } = applied;
        self.log.push((index, entry));
        let after = self.state.snapshot();
        invariants::check(&after).unwrap();
        check_wakes(&before, &after, &changed);
        (self.events, self.changed) = (events, changed);
        replies
    }

    pub fn run(&mut self, command: Command) -> Result<Reply, Refusal> {
        self.apply(vec![command]).pop().unwrap()
    }

    pub fn ok(&mut self, command: Command) -> Reply {
        self.run(command).unwrap()
    }

    pub fn plan(&mut self, plan: Plan) -> PlanOutcome {
        match self.ok(Command::PlanApply(Box::new(plan))) {
            Reply::PlanApplied(outcome) => outcome,
            other => panic!("{other:?}"),
        }
    }

    pub fn now(&self) -> Snapshot {
        self.state.snapshot()
    }

    pub fn freed(&self) -> usize {
        self.events.iter().filter(|event| matches!(event, Event::CapacityFreed { .. })).count()
    }
}

pub fn rows(snapshot: &Snapshot) -> Vec<SnapshotRow> {
    let mut rows = Vec::new();
    snapshot
        .encode::<()>(&mut |row| {
            rows.push(row);
            Ok(())
        })
        .unwrap();
    rows
}

/// Whoever watches what changed is woken, nobody else, and nobody twice.
fn check_wakes(before: &Snapshot, after: &Snapshot, changed: &[WatchKey]) {
    let woken: BTreeSet<&WatchKey> = changed.iter().collect();
    assert_eq!(woken.len(), changed.len(), "woken twice: {changed:?}");
    for key in changed {
        assert_eq!(after.watch_index(key), after.index(), "spurious: {key:?}");
    }
    for key in keys(after) {
        let (old, new) = (before.watch_index(&key), after.watch_index(&key));
        assert!(old <= new, "{key:?} went back from {old} to {new}");
        assert!(new < after.index() || woken.contains(&key), "{key:?} changed at {new} and nobody was woken");
    }
    for key in keys(before) {
        assert!(before.watch_index(&key) <= after.watch_index(&key), "{key:?} went back");
    }
}

pub fn keys(snapshot: &Snapshot) -> Vec<WatchKey> {
    use WatchKey::*;
    let mut keys = vec![
        Jobs,
        Nodes,
        Evals,
        Allocs,
        NodePools,
        Namespaces,
        SchedulerConfig,
        AclTokens,
        AclPolicies,
        AclRoles,
        Deployments,
        RootKeys,
        ScalingPolicies,
    ];
    for job in snapshot.jobs() {
        keys.extend([Job(job.key()), JobAllocs(job.key()), JobEvals(job.key()), JobDeployments(job.key())]);
    }
    keys.extend(snapshot.nodes().flat_map(|node| [Node(node.id), NodeAllocs(node.id)]));
    keys.extend(snapshot.evals().flat_map(|eval| [Eval(eval.id), EvalAllocs(eval.id)]));
    keys.extend(snapshot.allocs().map(|alloc| Alloc(alloc.id)));
    keys.extend(snapshot.acl_tokens().map(|token| AclToken(token.accessor)));
    keys.extend(snapshot.acl_policies().map(|policy| AclPolicy(policy.name.clone())));
    keys.extend(snapshot.acl_roles().map(|role| AclRole(role.id)));
    keys.extend(snapshot.deployments().map(|deployment| Deployment(deployment.id)));
    keys.extend(snapshot.namespaces().map(|details| Namespace(details.name.clone())));
    keys.extend(snapshot.node_pools().map(|pool| NodePool(pool.clone())));
    keys
}
