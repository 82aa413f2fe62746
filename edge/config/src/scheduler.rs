//! `server { default_scheduler_config {} plan_rejection_tracker {} }`

use std::time::Duration;

use muster_model::{PreemptionConfig, SchedulerConfig};

use crate::decide::Findings;
use crate::field::Exact;

block! {
    SchedulerInput {
        scheduler_algorithm: String,
        memory_oversubscription_enabled: bool,
        reject_job_registration: bool,
        pause_eval_broker: bool,
        /// 0 leaves it to the scheduler.
        node_limit_for_feasibility_checks: Exact<u32>,
        preemption_config: PreemptionInput,
    }
    no_effect {}
}

block! {
    PreemptionInput {
        system_scheduler_enabled: Exact<bool>,
        sysbatch_scheduler_enabled: Exact<bool>,
        batch_scheduler_enabled: Exact<bool>,
        service_scheduler_enabled: Exact<bool>,
    }
    no_effect {}
}

block! {
    RejectionInput {
        enabled: bool,
        node_threshold: Exact<u32>,
        node_window: Duration,
    }
    no_effect {}
}

/// When a node whose plans are refused is taken out of scheduling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RejectionConfig {
    /// So many refusals within the window are too many.
    pub node_threshold: u32,
    pub node_window: Duration,
}

impl SchedulerInput {
    pub(crate) fn decide(self, findings: &mut Findings) -> SchedulerConfig {
        let text = self.scheduler_algorithm.filter(|text| !text.is_empty());
        let parsed = text.map_or(Ok(Default::default()), |text| {
            let wrong = |_| format!("invalid scheduler algorithm: {text}; use \"binpack\" or \"spread\"");
            text.parse().map_err(wrong)
        });
        let on = |given: Option<Exact<bool>>, default| given.map_or(default, |given| given.0);
        let default = PreemptionConfig::default();
        let given = self.preemption_config.unwrap_or_default();
        SchedulerConfig {
            algorithm: findings.take(parsed).unwrap_or_default(),
            preemption: PreemptionConfig {
                system: on(given.system_scheduler_enabled, default.system),
                sysbatch: on(given.sysbatch_scheduler_enabled, default.sysbatch),
                batch: on(given.batch_scheduler_enabled, default.batch),
                service: on(given.service_scheduler_enabled, default.service),
            },
            memory_oversubscription: self.memory_oversubscription_enabled.unwrap_or(false),
            reject_job_registration: self.reject_job_registration.unwrap_or(false),
            pause_eval_broker: self.pause_eval_broker.unwrap_or(false),
            feasible_node_limit: self.node_limit_for_feasibility_checks.map_or(0, |limit| limit.0),
            ..SchedulerConfig::default()
        }
    }
}

impl RejectionInput {
    pub(crate) fn decide(self, findings: &mut Findings) -> Option<RejectionConfig> {
        let node_threshold = self.node_threshold.map_or(100, |threshold| threshold.0);
        let node_window = self.node_window.unwrap_or(Duration::from_secs(300));
        for (name, is_zero) in
            [("node_threshold", node_threshold == 0), ("node_window", node_window.is_zero())]
        {
            if is_zero {
                findings.error(format!("`server.plan_rejection_tracker.{name}` must be greater than 0"));
            }
        }
        self.enabled.unwrap_or(false).then_some(RejectionConfig { node_threshold, node_window })
    }
}
