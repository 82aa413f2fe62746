//! The only view of the state a handler gets: every object passes the caller's grant by its own namespace, and what
//! may not be seen is indistinguishable from what is not there.

mod acl;

use std::sync::{Arc, OnceLock};

use muster_acl::Grant;
use muster_ids::{AllocId, DeploymentId, EvalId, Index, Namespace, NodeId, NodePool, ScalingPolicyId};
use muster_model::{
    Alloc, Deployment, Evaluation, Group, Job, JobKey, JobSubmission, NamespaceDetails, Node,
    NodePoolDetails, Rescheduling, RootKey, SchedulerConfig,
};
use muster_state::command::{JobDispatch, Refusal};
use muster_state::{IdPrefix, JobSummary, ScalingEvents, Snapshot, WatchKey};

use crate::http::caller::Asker;
use crate::sight::Sight;

/// A snapshot seen through a grant.
#[derive(Debug)]
pub(crate) struct Scoped<'a> {
    snapshot: &'a Snapshot,
    grant: &'a Grant,
    /// Found out when it is first asked for.
    sight: OnceLock<Sight>,
    asker: Asker,
}

impl<'a> Scoped<'a> {
    pub(crate) const fn new(snapshot: &'a Snapshot, grant: &'a Grant) -> Self {
        Self::asked_by(snapshot, grant, Asker::Nobody)
    }

    /// The same for answers that hold what is the caller's own.
    pub(crate) const fn asked_by(snapshot: &'a Snapshot, grant: &'a Grant, asker: Asker) -> Self {
        Self { snapshot, grant, sight: OnceLock::new(), asker }
    }

    fn sight(&self) -> &Sight {
        self.sight.get_or_init(|| Sight::of(self.grant, self.snapshot))
    }

    pub(crate) fn namespace(&self, name: &Namespace) -> Option<&'a Arc<NamespaceDetails>> {
        self.snapshot.namespace(name).filter(|details| self.grant.allows_any_in(&details.name))
    }

    pub(crate) fn namespaces(&self) -> impl Iterator<Item = &'a Arc<NamespaceDetails>> {
        self.snapshot.namespaces().filter(|details| self.grant.allows_any_in(&details.name))
    }

    /// The same state under other rights of the same caller.
    pub(crate) const fn under<'g>(&self, grant: &'g Grant) -> Scoped<'g>
    where
        'a: 'g,
    {
        Scoped::new(self.snapshot, grant)
    }

    pub(crate) fn watch_index(&self, keys: &[WatchKey]) -> Index {
        keys.iter().map(|key| self.snapshot.watch_index(key)).max().unwrap_or_default()
    }

    /// The index of an answer about what is not there or may not be seen: that of the tables it would be in, so that
    /// it tells nothing of the object.
    pub(crate) fn table_index(&self, keys: &[WatchKey]) -> Index {
        let tables: Vec<WatchKey> = keys.iter().map(table).collect();
        self.watch_index(&tables)
    }

    pub(crate) fn job(&self, key: &JobKey) -> Option<&'a Arc<Job>> {
        self.snapshot.job(key).filter(|job| self.grant.allows_namespace(&job.namespace))
    }

    pub(crate) fn jobs(&self) -> impl Iterator<Item = &'a Arc<Job>> {
        self.snapshot.jobs().filter(|job| self.grant.allows_namespace(&job.namespace))
    }

    pub(crate) fn job_versions(&self, key: &JobKey) -> impl Iterator<Item = &'a Arc<Job>> {
        self.snapshot.job_versions(key).filter(|job| self.grant.allows_namespace(&job.namespace))
    }

    /// The counts of a job obtained from this view.
    pub(crate) fn summary(&self, job: &Job) -> JobSummary {
        self.snapshot.job_summary(&job.key())
    }

    /// What happened to the counts of a job obtained from this view.
    pub(crate) fn scaling_events(&self, job: &Job) -> Option<&'a Arc<ScalingEvents>> {
        self.snapshot.scaling_events(&job.key())
    }

    pub(crate) fn scaling_policies(&self) -> impl Iterator<Item = (ScalingPolicyId, &'a Job, &'a Group)> {
        let seen = self.snapshot.scaling_policies();
        let seen = seen.filter(|(_, job, _)| self.grant.allows_namespace(&job.namespace));
        seen.map(|(id, job, group)| (id, &**job, group))
    }

    /// Whether a dispatch would be refused as things are here.
    pub(crate) fn check_dispatch(&self, command: &JobDispatch) -> Result<(), Refusal> {
        match self.grant.allows_namespace(&command.key.namespace) {
            true => self.snapshot.check_dispatch(command),
            false => Err(Refusal::DispatchUnknown),
        }
    }

    pub(crate) fn submission(&self, job: &Job, version: u64) -> Option<&'a Arc<JobSubmission>> {
        self.snapshot.submission(&job.key(), version)
    }

    pub(crate) fn alloc(&self, id: AllocId) -> Option<&'a Arc<Alloc>> {
        self.snapshot.alloc(id).filter(|alloc| self.sees(alloc))
    }

    pub(crate) fn allocs<'s>(
        &'s self,
        prefix: &IdPrefix,
    ) -> impl Iterator<Item = &'a Arc<Alloc>> + use<'s, 'a> {
        self.snapshot.allocs_with_prefix(prefix).filter(|alloc| self.sees(alloc))
    }

    pub(crate) fn allocs_by_job(&self, key: &JobKey) -> impl Iterator<Item = &'a Arc<Alloc>> {
        self.snapshot.allocs_by_job(key).filter(|alloc| self.sees(alloc))
    }

    pub(crate) fn allocs_by_eval(&self, id: EvalId) -> impl Iterator<Item = &'a Arc<Alloc>> {
        self.snapshot.allocs_by_eval(id).filter(|alloc| self.shows(&alloc.job.namespace))
    }

    /// Allocations of a node, under `jobs`: the same caller's grant to read jobs.
    pub(crate) fn allocs_by_node(&self, id: NodeId, jobs: &Grant) -> Vec<&'a Arc<Alloc>> {
        self.snapshot.allocs_by_node(id).filter(|alloc| jobs.allows_namespace(&alloc.job.namespace)).collect()
    }

    pub(crate) fn eval(&self, id: EvalId) -> Option<&'a Arc<Evaluation>> {
        self.snapshot.eval(id).filter(|eval| self.shows(&eval.namespace))
    }

    pub(crate) fn evals<'s>(
        &'s self,
        prefix: &IdPrefix,
    ) -> impl Iterator<Item = &'a Arc<Evaluation>> + use<'s, 'a> {
        self.snapshot.evals_with_prefix(prefix).filter(|eval| self.shows(&eval.namespace))
    }

    pub(crate) fn evals_by_job(&self, key: &JobKey) -> impl Iterator<Item = &'a Arc<Evaluation>> {
        self.snapshot.evals_by_job(key).filter(|eval| self.grant.allows_namespace(&eval.namespace))
    }

    /// Those that made room for what an evaluation of this view placed, as far as the caller may see them.
    pub(crate) fn preempted(&self, eval: &Evaluation) -> Vec<Arc<Alloc>> {
        let ids = eval.annotations.iter().flat_map(|annotations| &annotations.preempted);
        ids.filter_map(|id| self.alloc(*id).cloned()).collect()
    }

    pub(crate) fn deployment(&self, id: DeploymentId) -> Option<&'a Arc<Deployment>> {
        self.snapshot.deployment(id).filter(|one| self.shows(&one.namespace))
    }

    pub(crate) fn deployments<'s>(
        &'s self,
        prefix: &IdPrefix,
    ) -> impl Iterator<Item = &'a Arc<Deployment>> + use<'s, 'a> {
        self.snapshot.deployments_with_prefix(prefix).filter(|one| self.shows(&one.namespace))
    }

    /// Oldest first.
    pub(crate) fn deployments_by_job(
        &self,
        key: &JobKey,
    ) -> impl DoubleEndedIterator<Item = &'a Arc<Deployment>> {
        self.snapshot.deployments_by_job(key).filter(|one| self.grant.allows_namespace(&one.namespace))
    }

    pub(crate) fn latest_deployment(&self, key: &JobKey) -> Option<&'a Arc<Deployment>> {
        self.snapshot.latest_deployment(key).filter(|one| self.grant.allows_namespace(&one.namespace))
    }

    pub(crate) fn node(&self, id: NodeId) -> Option<&'a Arc<Node>> {
        self.known_node(id).filter(|_| self.grant.allows_nodes())
    }

    /// Whether there is such a node, whose agent the caller may ask.
    pub(crate) fn has_node(&self, id: NodeId) -> bool {
        self.known_node(id).is_some() && (self.grant.allows_nodes() || self.grant.allows_agents())
    }

    /// The node, if the caller may know that it is there.
    fn known_node(&self, id: NodeId) -> Option<&'a Arc<Node>> {
        self.snapshot.node(id).filter(|node| self.sight().shows_pool(&node.pool))
    }

    pub(crate) fn nodes<'s>(
        &'s self,
        prefix: &IdPrefix,
    ) -> impl Iterator<Item = &'a Arc<Node>> + use<'s, 'a> {
        let nodes = self.snapshot.nodes_with_prefix(prefix).filter(|_| self.grant.allows_nodes());
        nodes.filter(|node| self.sight().shows_pool(&node.pool))
    }

    /// What else the views of rows of this view show, kept for as long as they are made.
    pub(crate) fn beside(&self) -> Beside {
        Beside(self.snapshot.clone())
    }

    /// The node an allocation of this view is on, for its name and address, which every reader of a job may know.
    pub(crate) fn node_of(&self, alloc: &Alloc) -> Option<&'a Node> {
        self.snapshot.node(alloc.node_id).map(|node| &**node)
    }

    /// What became of the failures of an allocation of this view.
    pub(crate) fn rescheduling(&self, alloc: &Alloc) -> Rescheduling {
        muster_scheduler::rescheduling(alloc, self.snapshot)
    }

    /// Whether a pool exists and may be seen under `pools`: the same caller's grant to read node pools.
    pub(crate) fn has_pool(&self, pool: &NodePool, pools: &Grant) -> bool {
        pools.allows_pool(pool)
            && self.sight().shows_pool(pool)
            && self.snapshot.node_pools().any(|known| known == pool)
    }

    pub(crate) fn node_pools(&self) -> impl Iterator<Item = &'a NodePool> {
        let pools = self.snapshot.node_pools().filter(|pool| self.grant.allows_pool(pool));
        pools.filter(|pool| self.sight().shows_pool(pool))
    }

    /// Pools with what is known of them.
    pub(crate) fn pools(&self) -> impl Iterator<Item = Pool<'a>> {
        let snapshot = self.snapshot;
        self.node_pools().map(move |name| Pool {
            name,
            created: snapshot.node_pool_created(name).unwrap_or_default(),
            details: snapshot.node_pool_details(name),
        })
    }

    /// How the cluster schedules; the default for whoever may not know.
    pub(crate) fn scheduler_config(&self) -> Arc<SchedulerConfig> {
        if self.grant.allows_operator() { self.snapshot.scheduler_config() } else { Arc::default() }
    }

    pub(crate) fn root_keys(&self) -> impl Iterator<Item = &'a Arc<RootKey>> {
        self.snapshot.root_keys().filter(|_| self.grant.allows_operator())
    }

    /// For everyone; only what verifies is to be shown of them.
    pub(crate) fn public_keys(&self) -> impl Iterator<Item = &'a Arc<RootKey>> {
        self.snapshot.root_keys()
    }

    /// Whoever manages the cluster sees what is of any namespace.
    fn shows(&self, namespace: &Namespace) -> bool {
        self.grant.allows_management() || self.grant.allows_namespace(namespace)
    }

    fn sees(&self, alloc: &Alloc) -> bool {
        self.grant.allows_namespace(&alloc.job.namespace)
    }
}

pub(crate) use self::acl::role_links;

/// A node pool and what is known of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pool<'a> {
    pub name: &'a NodePool,
    pub created: Index,
    pub details: Option<&'a Arc<NodePoolDetails>>,
}

/// What belongs to rows that a [`Scoped`] gave out.
#[derive(Debug, Clone)]
pub(crate) struct Beside(Snapshot);

impl Beside {
    pub(crate) fn summary(&self, job: &Job) -> JobSummary {
        self.0.job_summary(&job.key())
    }

    pub(crate) fn node_of(&self, alloc: &Alloc) -> Option<&Node> {
        self.0.node(alloc.node_id).map(|node| &**node)
    }

    /// The newest deployment of a job, earlier jobs of its name left out.
    pub(crate) fn latest_deployment_of(&self, job: &Job) -> Option<&Arc<Deployment>> {
        self.0.latest_deployment(&job.key())
    }

    pub(crate) fn rescheduling(&self, alloc: &Alloc) -> Rescheduling {
        muster_scheduler::rescheduling(alloc, &self.0)
    }

    /// The runs of a periodic or parameterized job; none of any other.
    pub(crate) fn children_of(&self, job: &Job) -> Vec<&Job> {
        if !job.makes_children() {
            return Vec::new();
        }
        self.0.children(&job.key()).into_iter().map(|child| &**child).collect()
    }

    /// A job's allocations, earlier jobs of its name left out.
    pub(crate) fn allocs_of(&self, job: &Job) -> impl Iterator<Item = &Arc<Alloc>> {
        let created = job.create_index;
        self.0.allocs_by_job(&job.key()).filter(move |alloc| alloc.job.create_index == created)
    }
}

/// The whole table that a key watches a part of.
const fn table(key: &WatchKey) -> WatchKey {
    match key {
        WatchKey::Jobs | WatchKey::Job(_) => WatchKey::Jobs,
        WatchKey::Nodes | WatchKey::Node(_) => WatchKey::Nodes,
        WatchKey::Evals | WatchKey::Eval(_) | WatchKey::JobEvals(_) => WatchKey::Evals,
        WatchKey::Deployments | WatchKey::Deployment(_) | WatchKey::JobDeployments(_) => {
            WatchKey::Deployments
        }
        WatchKey::NodePools | WatchKey::NodePool(_) => WatchKey::NodePools,
        WatchKey::Namespaces | WatchKey::Namespace(_) => WatchKey::Namespaces,
        WatchKey::SchedulerConfig => WatchKey::SchedulerConfig,
        WatchKey::RootKeys => WatchKey::RootKeys,
        WatchKey::AclTokens | WatchKey::AclToken(_) => WatchKey::AclTokens,
        WatchKey::AclPolicies | WatchKey::AclPolicy(_) => WatchKey::AclPolicies,
        WatchKey::AclRoles | WatchKey::AclRole(_) => WatchKey::AclRoles,
        WatchKey::ScalingPolicies => WatchKey::ScalingPolicies,
        WatchKey::Allocs
        | WatchKey::Alloc(_)
        | WatchKey::JobAllocs(_)
        | WatchKey::NodeAllocs(_)
        | WatchKey::EvalAllocs(_) => WatchKey::Allocs,
    }
}
