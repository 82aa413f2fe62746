//! Rows → state. Everything derived (indexes, counters, columns, slots) is made anew; the hash proves the rest.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use foldhash::fast::FixedState;
use muster_ids::{Index, Text};
use muster_model::{AllocMetric, Deployment, Job, JobKey, JobSubmission};

use super::records::{EvalRecord, MetaRecord, NodeRecord, from_row};
use super::{RestoreError, RowKind, SnapshotRow};
use crate::columns::NodeSlot;
use crate::command::AllocRecord;
use crate::hash::{HASH_VERSION, hash_row};
use crate::tables::Tables;
use crate::tables::allocs::Owners;
use crate::tables::evals::EvalRow;
use crate::tables::jobs::{JobMarks, SubmissionRecord, VersionRow};

pub(crate) fn restore(
    mut rows: impl Iterator<Item = Result<SnapshotRow, RestoreError>>,
) -> Result<Tables, RestoreError> {
    let first = rows.next().ok_or(RestoreError::RowCount { expected: 1, found: 0 })??;
    if first.kind != RowKind::Meta {
        return Err(RestoreError::OutOfOrder { kind: first.kind });
    }
    let meta: MetaRecord = from_row(&first)?;
    let mut loader = Loader { last: Some(RowKind::Meta), ..Loader::default() };
    let mut found = 0;
    for row in rows {
        loader.load(&row?)?;
        found += 1;
    }
    if found != meta.rows {
        return Err(RestoreError::RowCount { expected: meta.rows, found });
    }
    loader.finish(&meta)
}

#[derive(Default)]
struct Loader {
    tables: Tables,
    last: Option<RowKind>,
    versions: BTreeMap<JobKey, Vec<Arc<Job>>>,
    submissions: BTreeMap<(JobKey, u64), Arc<JobSubmission>>,
    detached: BTreeMap<(JobKey, u64, Index), Arc<Job>>,
    interned: Interned,
}

impl Loader {
    fn load(&mut self, row: &SnapshotRow) -> Result<(), RestoreError> {
        if Some(row.kind) < self.last || row.kind == RowKind::Meta {
            return Err(RestoreError::OutOfOrder { kind: row.kind });
        }
        if row.kind > RowKind::JobSubmission && self.last <= Some(RowKind::JobSubmission) {
            self.load_jobs();
        }
        self.last = Some(row.kind);
        match row.kind {
            RowKind::Meta => {}
            RowKind::NodePool => self.tables.load_pool(&from_row(row)?),
            RowKind::JobMarks => self.job_marks(from_row(row)?),
            RowKind::JobVersion => {
                let job: Arc<Job> = from_row(row)?;
                self.versions.entry(job.key()).or_default().push(job);
            }
            RowKind::JobSubmission => {
                let record: SubmissionRecord = from_row(row)?;
                self.submissions.insert((record.key, record.version), record.submission);
            }
            RowKind::DetachedJob => {
                let job: Arc<Job> = from_row(row)?;
                self.detached.insert((job.key(), job.version, job.create_index), job);
            }
            RowKind::Node => self.node(from_row(row)?),
            RowKind::Eval => self.eval(from_row(row)?),
            RowKind::Alloc => self.alloc(from_row(row)?)?,
            RowKind::ScalingEvents => self.tables.load_scaling_events(from_row(row)?),
            RowKind::Deployment => self.deployment(from_row(row)?),
            RowKind::SchedulerConfig => self.tables.load_scheduler_config(from_row(row)?),
            RowKind::NodePoolDetails => self.tables.load_pool_details(from_row(row)?),
            RowKind::PeriodicLaunch => self.tables.put_periodic_launch(from_row(row)?),
            RowKind::DispatchToken => self.tables.put_dispatch_token(from_row(row)?),
            RowKind::RootKey => self.tables.load_root_key(from_row(row)?),
            RowKind::AclToken => self.tables.load_acl_token(from_row(row)?),
            RowKind::Revocation => self.tables.put_revocation(from_row(row)?),
            RowKind::JoinToken => self.tables.put_join_token(from_row(row)?),
            RowKind::Namespace => self.tables.load_namespace(from_row(row)?),
            RowKind::AclPolicy => self.tables.load_acl_policy(from_row(row)?),
            RowKind::AclRole => self.tables.load_acl_role(from_row(row)?),
            RowKind::OneTimeToken => self.tables.put_one_time_token(from_row(row)?),
        }
        Ok(())
    }

    fn job_marks(&mut self, marks: JobMarks) {
        let slot = self.tables.load_job_row(&marks.key);
        self.tables.with_job_marks(slot, |row| {
            row.job_index = marks.job_index;
            row.allocs_index = marks.allocs_index;
            row.evals_index = marks.evals_index;
            row.deployments_index = marks.deployments_index;
            for (group, queued) in marks.queued {
                row.counts_mut(&group).queued = queued;
            }
        });
    }

    /// Runs once, when all versions and submissions are there.
    fn load_jobs(&mut self) {
        for (key, mut versions) in std::mem::take(&mut self.versions) {
            versions.sort_by_key(|job| std::cmp::Reverse(job.version));
            let rows = versions.into_iter().map(|job| {
                let submission = self.submissions.remove(&(key.clone(), job.version));
                VersionRow::new(job, submission)
            });
            let rows = rows.collect();
            let slot = self.tables.load_job_row(&key);
            self.tables.load_versions(slot, rows);
        }
    }

    fn node(&mut self, record: NodeRecord) {
        let hash = crate::tables::nodes::content_hash(&record.node, &record.secret_hash);
        let mut row = NodeSlot::new(record.node, record.secret_hash, hash);
        row.set_indexes(record.changed_index, record.allocs_index);
        self.tables.load_node(row);
    }

    fn eval(&mut self, record: EvalRecord) {
        let job = self.tables.load_job_row(&record.eval.job_key());
        self.tables.load_eval(EvalRow::new(record.eval, job, record.allocs_index));
    }

    fn deployment(&mut self, deployment: Arc<Deployment>) {
        self.tables.load_job_row(&deployment.job_key());
        self.tables.load_deployment(deployment);
    }

    fn alloc(&mut self, mut record: AllocRecord) -> Result<(), RestoreError> {
        let key = record.job_key();
        let dangling =
            |missing: String| RestoreError::Dangling { row: format!("allocation {}", record.id), missing };
        let node = self.tables.nodes.slot_of(record.node_id);
        let node = node.ok_or_else(|| dangling(format!("node {}", record.node_id)))?;
        let eval = self.tables.evals.ids.get(&record.eval_id).copied();
        let eval = eval.ok_or_else(|| dangling(format!("evaluation {}", record.eval_id)))?;
        let job = self.job_of(&key, record.job_version, record.job_create_index);
        let job = job.ok_or_else(|| dangling(format!("job {key} version {}", record.job_version)))?;
        let slot = self.tables.load_job_row(&key);
        record.metric = self.interned.metric(record.metric);
        record.desired_description = record.desired_description.map(|text| self.interned.text(text));
        record.client_description = record.client_description.map(|text| self.interned.text(text));
        if let Some(rows) = self.tables.evals.rows.get_mut(eval) {
            rows.allocs += 1;
        }
        self.tables.load_alloc(&Arc::new(record.into_alloc(job)), Owners { job: slot, node, eval });
        Ok(())
    }

    fn job_of(&self, key: &JobKey, version: u64, create_index: Index) -> Option<Arc<Job>> {
        let kept = self.tables.jobs.get(key).and_then(|row| row.version(version)).map(|row| &row.job);
        let kept = kept.filter(|job| job.create_index == create_index);
        kept.or_else(|| self.detached.get(&(key.clone(), version, create_index))).cloned()
    }

    fn finish(mut self, meta: &MetaRecord) -> Result<Tables, RestoreError> {
        self.load_jobs();
        if let Some((key, version)) = self.submissions.into_keys().next() {
            let row = format!("submission of job {key}");
            return Err(RestoreError::Dangling { row, missing: format!("version {version}") });
        }
        self.tables.meta = meta.meta;
        let (expected, found) = (meta.hash, self.tables.hash());
        if meta.hash_version == HASH_VERSION && found != expected {
            return Err(RestoreError::HashMismatch { index: meta.meta.index, expected, found });
        }
        Ok(self.tables)
    }
}

/// Values that rows shared before they were written, shared again. For look-up only; never iterated.
#[derive(Default)]
struct Interned {
    metrics: HashMap<u64, Arc<AllocMetric>, FixedState>,
    texts: HashMap<Text, (), FixedState>,
}

impl Interned {
    fn metric(&mut self, metric: Arc<AllocMetric>) -> Arc<AllocMetric> {
        let known =
            self.metrics.entry(hash_row(RowKind::Alloc, &*metric)).or_insert_with(|| Arc::clone(&metric));
        if **known == *metric { Arc::clone(known) } else { metric }
    }

    fn text(&mut self, text: Text) -> Text {
        match self.texts.get_key_value(&text) {
            Some((known, ())) => Arc::clone(known),
            None => {
                self.texts.insert(Arc::clone(&text), ());
                text
            }
        }
    }
}
