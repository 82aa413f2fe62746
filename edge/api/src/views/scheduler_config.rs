//! How the cluster schedules.

use muster_model::{PreemptionConfig, SchedulerConfig};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct SchedulerConfigView {
    /// `binpack` or `spread`; empty means `binpack`.
    pub scheduler_algorithm: String,
    pub preemption_config: PreemptionConfigView,
    pub memory_oversubscription_enabled: bool,
    pub reject_job_registration: bool,
    pub pause_eval_broker: bool,
    pub node_limit_for_feasibility_checks: u32,
    pub create_index: u64,
    pub modify_index: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct PreemptionConfigView {
    pub system_scheduler_enabled: bool,
    pub sys_batch_scheduler_enabled: bool,
    pub batch_scheduler_enabled: bool,
    pub service_scheduler_enabled: bool,
}

impl From<&SchedulerConfig> for SchedulerConfigView {
    fn from(config: &SchedulerConfig) -> Self {
        let PreemptionConfig { system, sysbatch, batch, service } = config.preemption;
        Self {
            scheduler_algorithm: config.algorithm.as_str().to_owned(),
            preemption_config: PreemptionConfigView {
                system_scheduler_enabled: system,
                sys_batch_scheduler_enabled: sysbatch,
                batch_scheduler_enabled: batch,
                service_scheduler_enabled: service,
            },
            memory_oversubscription_enabled: config.memory_oversubscription,
            reject_job_registration: config.reject_job_registration,
            pause_eval_broker: config.pause_eval_broker,
            node_limit_for_feasibility_checks: config.feasible_node_limit,
            create_index: config.create_index.0,
            modify_index: config.modify_index.0,
        }
    }
}

impl SchedulerConfigView {
    /// The settings, or the algorithm that there is not.
    ///
    /// # Errors
    /// The contract's text.
    pub fn decide(&self) -> Result<SchedulerConfig, String> {
        let algorithm = match self.scheduler_algorithm.as_str() {
            "" => Ok(muster_model::SchedulerAlgorithm::default()),
            text => text.parse().map_err(|_| format!("invalid scheduler algorithm: {text}")),
        };
        let preemption = self.preemption_config;
        Ok(SchedulerConfig {
            algorithm: algorithm?,
            preemption: PreemptionConfig {
                system: preemption.system_scheduler_enabled,
                sysbatch: preemption.sys_batch_scheduler_enabled,
                batch: preemption.batch_scheduler_enabled,
                service: preemption.service_scheduler_enabled,
            },
            memory_oversubscription: self.memory_oversubscription_enabled,
            reject_job_registration: self.reject_job_registration,
            pause_eval_broker: self.pause_eval_broker,
            feasible_node_limit: self.node_limit_for_feasibility_checks,
            ..SchedulerConfig::default()
        })
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct SchedulerConfigResponse {
    pub scheduler_config: SchedulerConfigView,
    pub index: u64,
    pub last_contact: u64,
    pub known_leader: bool,
    pub next_token: String,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct SchedulerSetConfigResponse {
    /// False when the check-and-set failed: nothing changed.
    pub updated: bool,
    pub index: u64,
    pub request_time: u64,
}
