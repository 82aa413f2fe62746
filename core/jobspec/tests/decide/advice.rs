//! What depends on the cluster that a job goes to.

use muster_jobspec::advice;
use muster_model::SchedulerConfig;
use serde_json::json;

use crate::support::{decided, in_task};

#[test]
fn more_memory_than_reserved_needs_a_cluster_that_allows_it() {
    let off = SchedulerConfig::default();
    let on = SchedulerConfig { memory_oversubscription: true, ..SchedulerConfig::default() };
    assert!(advice(&decided("service", &json!({})), &off).is_empty());
    for max in [512, -1] {
        let job = decided("service", &in_task(&json!({"Resources": {"MemoryMaxMB": max}})));
        let [warning]: [String; 1] = advice(&job, &off).try_into().unwrap();
        assert!(warning.starts_with("Task group g: Task t: `memory_max` has no effect"), "{warning}");
        assert!(advice(&job, &on).is_empty());
    }
}
