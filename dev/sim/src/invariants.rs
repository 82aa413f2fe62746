//! What must be true, each named once, one file each.
//!
//! * after every step, of what it touched: `Sim::check_applied` and the checks of nodes;
//! * now and then, of everything: `Sim::sweep`;
//! * at rest, when faults have stopped and time has passed: `Sim::at_rest`.

mod acknowledged;
mod blocked_for_a_reason;
mod children_left;
mod count_reached;
mod deadlines_pass;
mod disconnect_terms;
mod dispatched_once;
mod evaluations_kept;
mod launches;
mod making_room;
mod max_run;
mod names_once;
mod nodes_agree;
mod one_process;
mod over_commit;
mod over_commit_as_run;
mod replicas_agree;
mod scaled;
mod stopped_ends;
mod system_once;
mod tags_stay;
mod update_policy;

use std::collections::BTreeSet;

use muster_ids::{AllocId, DeploymentId, Index, NodeId, UnixNanos};
use muster_model::{DeploymentStatus, EvalStatus, JobKey};
use muster_state::command::{Entry, Event as Fact};
use muster_state::{Applied, Snapshot};

use crate::sim::Sim;
pub use acknowledged::Promise;

/// An invariant that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    pub invariant: &'static str,
    pub detail: String,
}

pub(crate) type Check = Result<(), Violation>;

pub(crate) fn violated<T>(invariant: &'static str, detail: impl Into<String>) -> Result<T, Violation> {
    Err(Violation { invariant, detail: detail.into() })
}

#[derive(Debug, Default)]
pub struct Checks {
    verdict: Option<Violation>,
    /// The newest entry that some server applied.
    seen: Index,
    replicas: replicas_agree::Replicas,
    acknowledged: acknowledged::Acknowledged,
    evaluations: evaluations_kept::Missing,
    promotions: update_policy::Promotions,
    room: making_room::Allowed,
    disconnects: disconnect_terms::Terms,
    dispatches: dispatched_once::Dispatches,
    launches: launches::Launches,
    tags: tags_stay::Tags,
}

impl Checks {
    /// The first violation stands.
    pub fn violated(&mut self, invariant: &'static str, detail: String) {
        self.take(Err(Violation { invariant, detail }));
    }

    fn take(&mut self, check: Check) {
        if let (Err(violation), None) = (check, &self.verdict) {
            self.verdict = Some(violation);
        }
    }

    /// # Errors
    /// What was found so far.
    pub fn verdict(&mut self) -> Check {
        self.verdict.take().map_or(Ok(()), Err)
    }

    pub fn promised(&mut self, index: Index, promise: Promise) {
        self.acknowledged.promised(index, promise);
    }

    pub fn asked_to_promote(&mut self, id: DeploymentId) {
        self.promotions.ask(id);
    }

    pub fn leadership_changes(&mut self, now: UnixNanos) {
        self.evaluations.clear();
        self.launches.led_since = now;
    }

    /// Everything that needs to know what was asked and answered.
    fn told(&mut self, snapshot: &Snapshot, entry: &Entry, applied: &Applied) -> Check {
        let Applied { events, replies, .. } = applied;
        self.tags.applied(snapshot, entry, events, replies);
        self.promotions.only_when_asked(events)?;
        self.room.applied(snapshot, entry, events)?;
        self.disconnects.applied(snapshot, entry, events)?;
        self.dispatches.applied(snapshot, entry, replies)?;
        self.launches.applied(snapshot, entry, events, replies)?;
        children_left::applied(snapshot, entry)?;
        scaled::applied(snapshot, entry, replies)
    }
}

/// What an entry touched.
#[derive(Debug, Default)]
struct Touched {
    nodes: BTreeSet<NodeId>,
    /// Jobs that something was placed for.
    jobs: BTreeSet<JobKey>,
    placed: BTreeSet<AllocId>,
}

impl Touched {
    fn by(index: Index, events: &[Fact]) -> Self {
        let mut touched = Self::default();
        for event in events {
            match event {
                Fact::AllocUpdated(alloc) => {
                    touched.nodes.insert(alloc.node_id);
                    if alloc.alloc_modify_index == index {
                        touched.jobs.insert(alloc.job.key());
                        touched.placed.insert(alloc.id);
                    }
                }
                Fact::NodeRegistered(node) | Fact::NodeUpdated(node) => {
                    touched.nodes.insert(node.id);
                }
                _ => {}
            }
        }
        touched
    }
}

impl Sim {
    pub(crate) fn check_applied(
        &mut self,
        server: usize,
        index: Index,
        hash: u64,
        entry: &Entry,
        applied: &Applied,
    ) {
        let agree = self.checks.replicas.agree(index, hash, server);
        self.checks.take(agree);
        if index <= self.checks.seen {
            return;
        }
        self.checks.seen = index;
        let snapshot = self.servers[server].state.snapshot();
        self.checks.acknowledged.applied(index, entry, &applied.events);
        let check = self.checks.told(&snapshot, entry, applied);
        self.checks.take(check);
        let touched = Touched::by(index, &applied.events);
        let check = touched_holds(&snapshot, index, &touched);
        self.checks.take(check);
    }

    pub(crate) fn sweep(&mut self) {
        let check = self.swept();
        self.checks.take(check);
    }

    fn swept(&mut self) -> Check {
        let newest = self.newest();
        let snapshot = self.servers[newest].state.snapshot();
        if let Err(muster_state::invariants::Violation { invariant, detail }) =
            muster_state::invariants::check(&snapshot)
        {
            return violated(invariant, detail);
        }
        for job in snapshot.jobs() {
            names_once::of_job(&snapshot, &job.key())?;
            system_once::of_job(&snapshot, &job.key())?;
        }
        // Whoever knew the newest entry may have died.
        if snapshot.index() >= self.checks.seen {
            self.checks.tags.hold(&snapshot)?;
        }
        over_commit_as_run::everywhere(self)?;
        max_run::swept(self)?;
        for server in self.servers.iter().filter(|server| server.up) {
            self.checks.acknowledged.hold(&server.state.snapshot())?;
        }
        evaluations_kept::swept(self)
    }

    /// # Errors
    /// What is not as it has to be when nothing goes wrong for long.
    pub(crate) fn at_rest(&self) -> Check {
        let Some(leader) = self.raft.leader.filter(|leader| self.servers[*leader].leads.is_some()) else {
            return violated("there_is_a_leader", "nobody leads");
        };
        let snapshot = self.servers[leader].state.snapshot();
        for (at, server) in self.servers.iter().enumerate() {
            if server.index() != snapshot.index() || !server.is_idle() {
                return violated("replicas_agree", format!("server {at} does not come to rest"));
            }
        }
        evaluations_kept::at_rest(self, leader, &snapshot)?;
        blocked_for_a_reason::at_rest(self, leader, &snapshot)?;
        nodes_agree::at_rest(self, &snapshot)?;
        launches::at_rest(&snapshot, self.servers[leader].clock.at(self.now))?;
        stopped_ends::at_rest(self, &snapshot)?;
        for job in snapshot.jobs().filter(|job| !job.stop && !job.makes_children()) {
            if !is_explained(&snapshot, &job.key()) {
                count_reached::at_rest(&snapshot, job)?;
                system_once::at_rest(&snapshot, job)?;
            }
        }
        Ok(())
    }
}

fn touched_holds(snapshot: &Snapshot, index: Index, touched: &Touched) -> Check {
    for node in &touched.nodes {
        over_commit::of_node(snapshot, *node, index)?;
    }
    for alloc in &touched.placed {
        dispatched_once::is_where_it_was_sent(snapshot, *alloc)?;
    }
    for job in &touched.jobs {
        names_once::of_job(snapshot, job)?;
        system_once::of_job(snapshot, job)?;
        update_policy::of_job(snapshot, job, index)?;
    }
    Ok(())
}

/// Whether an evaluation says that the job does not have what it wants yet, and waits for what may change that; or its
/// rollout waits for somebody.
fn is_explained(snapshot: &Snapshot, job: &JobKey) -> bool {
    let held = snapshot.latest_deployment(job).is_some_and(|deployment| {
        matches!(deployment.status, DeploymentStatus::Failed | DeploymentStatus::Paused)
            || deployment.status.is_active()
    });
    held || snapshot.evals_by_job(job).any(|eval| match eval.status {
        EvalStatus::Blocked => true,
        EvalStatus::Pending => !eval.wait_until.is_zero(),
        _ => false,
    })
}
