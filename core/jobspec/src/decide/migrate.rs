//! How a drain moves allocations.

use muster_model::{HealthCheck, JobType, Migrate};

use super::Findings;
use crate::input::MigrateInput;
use crate::wire::Wire;

/// The group's block, or the job's; service jobs that have neither get the default.
pub(super) fn decide(
    kind: JobType,
    of_job: Option<&MigrateInput>,
    of_group: Option<&MigrateInput>,
    found: &mut Findings,
) -> Option<Box<Migrate>> {
    let written = [of_job, of_group].into_iter().flatten().next().is_some();
    if kind != JobType::Service {
        if written {
            found.error(format!("Job type {:?} does not allow migrate block", kind.as_str()));
        }
        return None;
    }
    let migrate = laid_over(of_job, of_group).decide(found);
    check(&migrate, found);
    Some(Box::new(migrate))
}

fn laid_over(of_job: Option<&MigrateInput>, of_group: Option<&MigrateInput>) -> MigrateInput {
    let mut merged = of_job.cloned().unwrap_or_default();
    let Some(group) = of_group.cloned() else { return merged };
    merged.max_parallel = group.max_parallel.or(merged.max_parallel);
    merged.health_check = group.health_check.or(merged.health_check);
    merged.min_healthy_time = group.min_healthy_time.or(merged.min_healthy_time);
    merged.healthy_deadline = group.healthy_deadline.or(merged.healthy_deadline);
    merged
}

fn check(migrate: &Migrate, found: &mut Findings) {
    if migrate.health_check == HealthCheck::Manual {
        found.error("migrate: `health_check` must be `checks` or `task_states`, not `manual`");
    }
    if migrate.min_healthy_time > migrate.healthy_deadline {
        found.error("migrate: `min_healthy_time` must not be greater than `healthy_deadline`");
    }
}
