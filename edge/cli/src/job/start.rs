//! `job start`: start jobs that were stopped, as they were before.

use muster_sdk::Client;

use super::revert;
use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::monitor::Watch;
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct JobStart {
    #[command(flatten)]
    connect: ConnectArgs,
    #[arg(value_name = "job", required = true, num_args = 1..)]
    jobs: Vec<String>,
    #[command(flatten)]
    watch: Watch,
}

impl Verb for JobStart {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let mut code = OK;
        for text in &self.jobs {
            let outcome = self.start(shell, &client, text).await;
            code = code.max(shell.finish(outcome));
        }
        Ok(code)
    }
}

impl JobStart {
    async fn start(&self, shell: &mut Shell, client: &Client, text: &str) -> Outcome {
        let job = super::find(client, shell, text).await?;
        if !job.stop {
            return Err(Failure::new(format!("Job \"{}\" is not stopped", job.id)));
        }
        let versions = revert::versions(client, &job).await?;
        let before = versions.iter().find(|version| version.stop != Some(true));
        let before = before.and_then(|version| version.version).ok_or_else(|| {
            Failure::new(format!(
                "No version of job \"{}\" is known that was not stopped; register it with `job run`",
                job.id
            ))
        })?;
        revert::to(shell, client, &job, before, self.watch).await
    }
}
