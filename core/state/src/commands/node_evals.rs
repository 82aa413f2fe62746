//! Evaluations that a change of a node calls for.

use std::collections::BTreeMap;
use std::sync::Arc;

use muster_ids::{EvalId, NodeId};
use muster_model::planted::{self, Plant};
use muster_model::{EvalTrigger, Evaluation, Job, JobKey, Node, glob_matches};

use crate::change::Change;
use crate::command::IdSeed;
use crate::derive::eval_id;
use crate::tables::Tables;

/// Jobs to evaluate, each once, in an order that every replica has.
#[derive(Debug, Default)]
pub(super) struct Concerned(BTreeMap<JobKey, Arc<Job>>);

impl Concerned {
    /// Jobs that run on every node, if they might run on this one. Constraints are the scheduler's business.
    pub(super) fn per_node_jobs(&mut self, tables: &Tables, node: &Node) {
        let jobs = tables.jobs.per_node.iter().filter_map(|slot| tables.jobs.at(*slot)?.current());
        for job in jobs.filter(|job| might_run(tables, job, node)) {
            self.0.insert(job.key(), Arc::clone(job));
        }
    }

    /// Jobs with allocations on the node that have not ended, purged ones too.
    pub(super) fn jobs_on(&mut self, tables: &Tables, node_slot: u32) {
        let held =
            tables.allocs.of(&tables.allocs.by_node, node_slot).filter(|alloc| !alloc.client_terminal());
        for alloc in held {
            self.add(tables, &alloc.job);
        }
    }

    /// Leaves out what another set has.
    pub(super) fn leave_out(&mut self, other: &Self) {
        self.0.retain(|key, _| !other.0.contains_key(key));
    }

    /// The job as it is now, or the newest version that is still run of one that is gone: allocations come in an order
    /// that differs between replicas.
    pub(super) fn add(&mut self, tables: &Tables, job: &Arc<Job>) {
        let key = job.key();
        let current = tables.job(&key).unwrap_or(job);
        let known = self.0.entry(key).or_insert_with(|| Arc::clone(current));
        let newer = (current.create_index, current.version) > (known.create_index, known.version);
        if newer && !planted::is(Plant::FirstVersionMet) {
            *known = Arc::clone(current);
        }
    }

    /// Makes the evaluations.
    pub(super) fn evaluate(
        self,
        tables: &mut Tables,
        cx: &mut Change,
        seed: IdSeed,
        trigger: EvalTrigger,
        node: Option<NodeId>,
    ) -> Vec<EvalId> {
        let make = |(key, job): (JobKey, Arc<Job>)| {
            let mut eval = Evaluation::pending(eval_id(seed, cx.index, &key), &job, trigger, cx.now);
            eval.node_id = node;
            if trigger == EvalTrigger::DeploymentWatcher {
                eval.deployment_id = tables.deployments.of_job(&key).next_back().map(|newest| newest.id);
            }
            let id = eval.id;
            tables.store_eval(cx, eval);
            id
        };
        self.0.into_iter().map(make).collect()
    }
}

fn might_run(tables: &Tables, job: &Job, node: &Node) -> bool {
    let in_pool = job.node_pool.is_all() || job.node_pool == node.pool;
    // An evaluation names its node: one that the namespace may not use is not told of to it.
    let namespace = tables.namespaces.rows.get(&job.namespace);
    let may_use = namespace.is_some_and(|details| details.pools.allows_node(&node.pool));
    in_pool
        && may_use
        && node.accepts_namespace(&job.namespace)
        && job.datacenters.iter().any(|glob| glob_matches(glob.as_str(), node.datacenter.as_str()))
}
