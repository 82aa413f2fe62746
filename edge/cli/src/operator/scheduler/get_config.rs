//! `operator scheduler get-config`

use muster_api::views::SchedulerConfigView;

use crate::connect::ConnectArgs;
use crate::failure::{OK, Outcome};
use crate::keyvalue::KeyValues;
use crate::shape::Shape;
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct SchedulerGetConfig {
    #[command(flatten)]
    connect: ConnectArgs,
    #[command(flatten)]
    shape: Shape,
}

impl Verb for SchedulerGetConfig {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let response = super::read(&client).await?;
        if !self.shape.print(shell, &response)? {
            shell.pairs(&pairs(&response.scheduler_config))?;
        }
        Ok(OK)
    }
}

fn pairs(config: &SchedulerConfigView) -> KeyValues {
    let preemption = config.preemption_config;
    let mut pairs = KeyValues::default();
    pairs.add("Scheduler Algorithm", config.scheduler_algorithm.as_str());
    let flags = [
        ("Memory Oversubscription", config.memory_oversubscription_enabled),
        ("Reject Job Registration", config.reject_job_registration),
        ("Pause Eval Broker", config.pause_eval_broker),
        ("Preemption System Scheduler", preemption.system_scheduler_enabled),
        ("Preemption Service Scheduler", preemption.service_scheduler_enabled),
        ("Preemption Batch Scheduler", preemption.batch_scheduler_enabled),
        ("Preemption SysBatch Scheduler", preemption.sys_batch_scheduler_enabled),
    ];
    flags.iter().for_each(|(name, on)| pairs.add(name, on.to_string()));
    pairs.add("Node Limit For Feasibility Checks", config.node_limit_for_feasibility_checks.to_string());
    pairs.add("Modify Index", config.modify_index.to_string());
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_is_a_block_of_pairs() {
        let mut config =
            SchedulerConfigView { scheduler_algorithm: "binpack".into(), ..SchedulerConfigView::default() };
        config.preemption_config.system_scheduler_enabled = true;
        let expected = [
            "Scheduler Algorithm               = binpack",
            "Memory Oversubscription           = false",
            "Reject Job Registration           = false",
            "Pause Eval Broker                 = false",
            "Preemption System Scheduler       = true",
            "Preemption Service Scheduler      = false",
            "Preemption Batch Scheduler        = false",
            "Preemption SysBatch Scheduler     = false",
            "Node Limit For Feasibility Checks = 0",
            "Modify Index                      = 0",
        ];
        assert_eq!(pairs(&config).lines(), expected);
    }
}
