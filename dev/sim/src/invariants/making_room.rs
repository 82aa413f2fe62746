//! `room_is_made_rightly`: an allocation takes the place of others only if its kind of job may, as the cluster was set when
//! the plan was made, and only of other jobs that are less important by far.

use std::collections::BTreeMap;

use muster_ids::Index;
use muster_model::{Plan, PreemptionConfig};
use muster_state::Snapshot;
use muster_state::command::{Command, Entry, Event as Fact};

use super::{Check, violated};

/// What was allowed since when.
#[derive(Debug, Default)]
pub struct Allowed(BTreeMap<Index, PreemptionConfig>);

impl Allowed {
    pub fn applied(&mut self, snapshot: &Snapshot, entry: &Entry, events: &[Fact]) -> Check {
        for event in events {
            if let Fact::SchedulerConfigUpdated(config) = event {
                self.0.insert(config.modify_index, config.preemption);
            }
        }
        let plans = entry.commands.iter().filter_map(|command| match command {
            Command::PlanApply(plan) => Some(plan),
            _ => None,
        });
        plans.into_iter().try_for_each(|plan| self.of_plan(snapshot, plan))
    }

    fn of_plan(&self, snapshot: &Snapshot, plan: &Plan) -> Check {
        let known = self.0.range(..=plan.snapshot_index).next_back();
        let allowed = known.map_or_else(PreemptionConfig::default, |(_, allowed)| *allowed);
        for placement in plan.placements.iter().filter(|placement| !placement.preempts.is_empty()) {
            let placed = snapshot.alloc(placement.id).filter(|alloc| alloc.create_index == snapshot.index());
            let Some(taker) = placed else { continue };
            if !allowed.allows(taker.job.kind) {
                let detail = format!("{} {}: a {} job may not", taker.name(), taker.id, taker.job.kind);
                return violated("room_is_made_rightly", detail);
            }
            for victim in taker.preempts().iter().filter_map(|id| snapshot.alloc(*id)) {
                let (above, below) = (taker.job.priority, victim.job.priority);
                if !PreemptionConfig::is_above(above, below) || victim.job.key() == taker.job.key() {
                    let detail = format!(
                        "{} of priority {above} takes the place of {} of {below}",
                        taker.name(),
                        victim.name()
                    );
                    return violated("room_is_made_rightly", detail);
                }
            }
        }
        Ok(())
    }
}
