//! `job eval`: evaluate a job again.

use muster_api::table::JobEvaluate;
use muster_api::views::{EvalOptionsView, JobEvaluateRequest};

use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::monitor::Monitor;
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct JobEval {
    #[command(flatten)]
    connect: ConnectArgs,
    #[arg(value_name = "job")]
    job: String,
    /// Replace failed allocations now, whatever the delay and the attempts of their policy
    #[arg(long)]
    force_reschedule: bool,
    /// Return once the evaluation is made, without watching it
    #[arg(long)]
    detach: bool,
    /// Show whole ids
    #[arg(long)]
    verbose: bool,
}

impl Verb for JobEval {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let job = super::find(&client, shell, &self.job).await?;
        let request = JobEvaluateRequest {
            job_id: job.id.clone(),
            eval_options: EvalOptionsView { force_reschedule: self.force_reschedule },
        };
        let answer =
            client.send_json::<JobEvaluate>(&[&job.id], &[("namespace", &job.namespace)], &request).await;
        let eval_id = answer.map_err(|error| Failure::request("evaluating job", &error))?.value.eval_id;
        if self.detach {
            shell.line(&format!("Created eval ID: \"{}\"", crate::ids::short(&eval_id, self.verbose)))?;
            return Ok(OK);
        }
        Monitor { client: &client, verbose: self.verbose }.new_evaluation(shell, &eval_id).await
    }
}
