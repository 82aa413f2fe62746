//! Until when an allocation of a group with `max_run_duration` may run.

use std::collections::BTreeMap;

use muster_api::views::TaskStateView;
use muster_jobspec::JobInput;

/// How long allocations of each group may run, in nanoseconds.
#[derive(Debug, Default)]
pub(crate) struct RunLimits(BTreeMap<String, i64>);

impl RunLimits {
    pub(crate) fn of(job: &JobInput) -> Self {
        let groups = job.task_groups.iter().flatten();
        let limit = |group: &muster_jobspec::input::GroupInput| {
            Some((group.name.clone()?, group.max_run_duration.as_ref()?.0))
        };
        Self(groups.filter_map(limit).collect())
    }

    /// In Unix nanoseconds; `None` without a limit, and before a task was started.
    pub(crate) fn deadline(&self, group: &str, tasks: &BTreeMap<String, TaskStateView>) -> Option<i64> {
        let limit = self.0.get(group)?;
        Some(first_start(tasks)?.saturating_add(*limit))
    }
}

/// When the first task began: a task that was restarted says so in its events only.
fn first_start(tasks: &BTreeMap<String, TaskStateView>) -> Option<i64> {
    let begun = tasks.values().flat_map(|task| {
        let at = task.started_at.as_deref().and_then(|text| text.parse::<jiff::Timestamp>().ok());
        let at = at.and_then(|at| i64::try_from(at.as_nanosecond()).ok());
        let events = task.events.iter().filter(|event| event.kind == "Started");
        at.into_iter().chain(events.map(|event| event.time))
    });
    begun.filter(|time| *time > 0).min()
}

#[cfg(test)]
mod tests {
    use muster_api::views::TaskEventView;
    use muster_jobspec::duration::Nanos;
    use muster_jobspec::input::GroupInput;

    use super::*;

    #[test]
    fn time_runs_from_the_first_start() {
        let group = GroupInput {
            name: Some("g".into()),
            max_run_duration: Some(Nanos(5_000_000_000)),
            ..GroupInput::default()
        };
        let limits = RunLimits::of(&JobInput { task_groups: Some(vec![group]), ..JobInput::default() });
        let event = TaskEventView { kind: "Started".into(), time: 3_000_000_000, ..TaskEventView::default() };
        let restarted = TaskStateView {
            started_at: Some("1970-01-01T00:00:09Z".into()),
            events: vec![event],
            ..TaskStateView::default()
        };
        let tasks = BTreeMap::from([("t".to_owned(), restarted)]);
        assert_eq!(limits.deadline("g", &tasks), Some(8_000_000_000));
        assert_eq!(limits.deadline("other", &tasks), None);
        assert_eq!(limits.deadline("g", &BTreeMap::new()), None);
    }
}
