//! `job periodic force`: a run of a periodic job now, whatever its schedule says.

use muster_api::table::PeriodicForce as Route;

use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::monitor::Monitor;
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct PeriodicForce {
    #[command(flatten)]
    connect: ConnectArgs,
    #[arg(value_name = "job")]
    job: String,
    /// Return once the run is made, without watching its evaluation
    #[arg(long)]
    detach: bool,
    /// Show whole ids
    #[arg(long)]
    verbose: bool,
}

impl Verb for PeriodicForce {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let job = crate::job::find_among(&client, shell, &self.job, |job| job.periodic).await?;
        let query = [("namespace", job.namespace.as_str())];
        let answer = client.get::<Route>(&[&job.id], &query).await;
        let eval_id = answer.map_err(|error| Failure::request("forcing periodic job", &error))?.value.eval_id;
        if self.detach || eval_id.is_empty() {
            shell.line("Force periodic successful")?;
            shell.line(&format!("Evaluation ID: {}", crate::ids::short(&eval_id, self.verbose)))?;
            return Ok(OK);
        }
        Monitor { client: &client, verbose: self.verbose }.new_evaluation(shell, &eval_id).await
    }
}
