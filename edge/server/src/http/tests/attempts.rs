//! What became of failures, wherever allocations are shown.

use std::time::Duration;

use muster_model::{DelayFunction, JobType, ReschedulePolicy};
use muster_testkit::build;

use super::Api;
use super::events::Lines;
use crate::testing::{propose, register_job, register_node, until, until_live};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn filters_and_events_know_what_an_allocation_is_another_attempt_of() {
    let api = Api::new().await;
    propose(&api.server, register_node(build::node(1))).await.unwrap();
    let mut job = build::job("web", JobType::Service, 1);
    for group in job.groups.iter_mut() {
        group.reschedule = Some(ReschedulePolicy {
            attempts: 0,
            interval: Duration::ZERO,
            delay: Duration::ZERO,
            delay_function: DelayFunction::Constant,
            max_delay: Duration::ZERO,
            unlimited: true,
        });
    }
    let mut lines = Lines::open(&api, "topic=Allocation").await;
    propose(&api.server, register_job(job, 1)).await.unwrap();
    let first = until_live(&api.server, "web", 1).await.remove(0);
    api.report_failed(&first).await;
    let second = until(&api.server, "another attempt", |snapshot| snapshot.alloc(first.id)?.next).await;

    let filter =
        format!(r#"any RescheduleTracker.Events as event {{ event.PrevAllocID == "{}" }}"#, first.id);
    for filter in [filter.as_str(), "RescheduleTracker.LastReschedule == ok"] {
        let found = api.get(&format!("/v1/allocations?filter={}", muster_api::path::encode(filter))).await;
        let ids: Vec<_> = found.json().as_array().unwrap().iter().map(|one| one["ID"].clone()).collect();
        assert_eq!(ids, [second.to_string()], "{filter}");
    }
    let told = lines.until("Allocation", &second.to_string()).await;
    let told = told.iter().find(|event| event["Key"] == second.to_string()).unwrap();
    let tracker = &told["Payload"]["Allocation"]["RescheduleTracker"];
    assert_eq!(tracker["LastReschedule"], "ok", "{told}");
    assert_eq!(tracker["Events"][0]["PrevAllocID"], first.id.to_string());
}
