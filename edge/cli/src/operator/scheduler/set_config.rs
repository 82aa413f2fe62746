//! `operator scheduler set-config`: what is not named stays as it is.

use muster_api::table::SchedulerConfigUpdate as Route;
use muster_api::views::SchedulerConfigView;

use crate::argv::go_bool;
use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct SchedulerSetConfig {
    #[command(flatten)]
    connect: ConnectArgs,
    /// Only if the configuration was last changed at this index
    #[arg(long, value_name = "INDEX")]
    check_index: Option<u64>,
    #[command(flatten)]
    changes: Changes,
}

#[derive(Debug, Default, clap::Args)]
struct Changes {
    /// binpack or spread
    #[arg(long, value_name = "ALGORITHM", value_parser = ["binpack", "spread"])]
    scheduler_algorithm: Option<String>,
    /// true: tasks may use memory up to their memory_max
    #[arg(long, value_name = "BOOL", value_parser = go_bool)]
    memory_oversubscription: Option<bool>,
    /// true: only management tokens register, dispatch and scale jobs
    #[arg(long, value_name = "BOOL", value_parser = go_bool)]
    reject_job_registration: Option<bool>,
    /// true: nothing is scheduled until it is false again
    #[arg(long, value_name = "BOOL", value_parser = go_bool)]
    pause_eval_broker: Option<bool>,
    /// true: batch jobs may take the place of less important work
    #[arg(long, value_name = "BOOL", value_parser = go_bool)]
    preempt_batch_scheduler: Option<bool>,
    /// true: service jobs may take the place of less important work
    #[arg(long, value_name = "BOOL", value_parser = go_bool)]
    preempt_service_scheduler: Option<bool>,
    /// true: sysbatch jobs may take the place of less important work
    #[arg(long, value_name = "BOOL", value_parser = go_bool)]
    preempt_sysbatch_scheduler: Option<bool>,
    /// true: system jobs may take the place of less important work
    #[arg(long, value_name = "BOOL", value_parser = go_bool)]
    preempt_system_scheduler: Option<bool>,
    /// How many nodes are compared for a job with affinities or spreads; 0 for the default
    #[arg(long, value_name = "COUNT")]
    node_limit_for_feasibility_checks: Option<u32>,
}

impl Verb for SchedulerSetConfig {
    /// Always a check-and-set, so that what somebody else changes meanwhile is not undone.
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let current = super::read(&client).await?.scheduler_config;
        let index = self.check_index.unwrap_or(current.modify_index).to_string();
        let wanted = self.changes.apply(current);
        let answer = client.send_json::<Route>(&[], &[("cas", &index)], &wanted).await;
        let answer = answer.map_err(|error| Failure::request("updating scheduler configuration", &error))?;
        if !answer.value.updated {
            let text = "Scheduler configuration could not be atomically updated, please try again";
            return Err(Failure::new(text));
        }
        shell.line("Scheduler configuration updated!")?;
        Ok(OK)
    }
}

impl Changes {
    fn apply(self, mut config: SchedulerConfigView) -> SchedulerConfigView {
        let set = |flag: &mut bool, given: Option<bool>| *flag = given.unwrap_or(*flag);
        config.scheduler_algorithm = self.scheduler_algorithm.unwrap_or(config.scheduler_algorithm);
        set(&mut config.memory_oversubscription_enabled, self.memory_oversubscription);
        set(&mut config.reject_job_registration, self.reject_job_registration);
        set(&mut config.pause_eval_broker, self.pause_eval_broker);
        let preemption = &mut config.preemption_config;
        set(&mut preemption.batch_scheduler_enabled, self.preempt_batch_scheduler);
        set(&mut preemption.service_scheduler_enabled, self.preempt_service_scheduler);
        set(&mut preemption.sys_batch_scheduler_enabled, self.preempt_sysbatch_scheduler);
        set(&mut preemption.system_scheduler_enabled, self.preempt_system_scheduler);
        let limit = &mut config.node_limit_for_feasibility_checks;
        *limit = self.node_limit_for_feasibility_checks.unwrap_or(*limit);
        config
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_named_stays() {
        let mut before =
            SchedulerConfigView { scheduler_algorithm: "binpack".into(), ..SchedulerConfigView::default() };
        before.preemption_config.system_scheduler_enabled = true;
        assert_eq!(Changes::default().apply(before.clone()), before);
        let changes = Changes {
            scheduler_algorithm: Some("spread".into()),
            preempt_service_scheduler: Some(true),
            preempt_system_scheduler: Some(false),
            node_limit_for_feasibility_checks: Some(9),
            ..Changes::default()
        };
        let after = changes.apply(before);
        assert_eq!(after.scheduler_algorithm, "spread");
        assert!(after.preemption_config.service_scheduler_enabled);
        assert!(!after.preemption_config.system_scheduler_enabled);
        assert_eq!(after.node_limit_for_feasibility_checks, 9);
    }
}
