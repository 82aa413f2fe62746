//! `job stop`: stop jobs, one after the other, and watch each.

use muster_api::table::JobDeregister;
use muster_api::views::JobListStub;
use muster_sdk::Client;

use crate::confirm;
use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::monitor::Monitor;
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct JobStop {
    #[command(flatten)]
    connect: ConnectArgs,
    #[arg(value_name = "job", required = true, num_args = 1..)]
    jobs: Vec<String>,
    /// Return once the stop is registered, without watching its evaluation
    #[arg(long)]
    detach: bool,
    /// Show whole ids
    #[arg(long)]
    verbose: bool,
    /// Stop without the delay that groups and tasks ask for
    #[arg(long)]
    no_shutdown_delay: bool,
    /// Stop a job of several regions in all of them; jobs of this version are of one, and stop there
    #[arg(long)]
    global: bool,
    /// Ask nothing
    #[arg(long)]
    yes: bool,
    /// Forget the job as well
    #[arg(long)]
    purge: bool,
    /// Priority of the evaluation, 1 to 100; the job's own by default
    #[arg(long, value_name = "PRIORITY", value_parser = clap::value_parser!(u16).range(0..=100), default_value_t = 0)]
    eval_priority: u16,
}

impl Verb for JobStop {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let mut code = OK;
        for text in &self.jobs {
            let outcome = self.stop(shell, &client, text).await;
            code = code.max(shell.finish(outcome));
        }
        Ok(code)
    }
}

impl JobStop {
    async fn stop(&self, shell: &mut Shell, client: &Client, text: &str) -> Outcome {
        let job = super::find(client, shell, text).await?;
        if job.id != *text && !self.yes && !confirmed(shell, &job)? {
            return Ok(OK);
        }
        let priority = self.eval_priority.to_string();
        let query = [
            ("namespace", job.namespace.as_str()),
            ("purge", bool_text(self.purge)),
            ("global", bool_text(self.global)),
            ("no_shutdown_delay", bool_text(self.no_shutdown_delay)),
            ("eval_priority", &priority),
        ];
        let answer = client.get::<JobDeregister>(&[&job.id], &query).await;
        let eval_id = answer.map_err(|error| Failure::request("deregistering job", &error))?.value.eval_id;
        match (eval_id.is_empty(), self.detach) {
            // Nothing was left to evaluate, as with a parent of periodic jobs.
            (true, _) => Ok(OK),
            (false, true) => shell.line(&eval_id).map(|()| OK),
            (false, false) => Monitor { client, verbose: self.verbose }.new_evaluation(shell, &eval_id).await,
        }
    }
}

const fn bool_text(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

/// Asks about a job that the user did not name in full.
fn confirmed(shell: &mut Shell, job: &JobListStub) -> Result<bool, Failure> {
    let question = format!("Are you sure you want to stop job \"{}\"?", job.id);
    let otherwise =
        confirm::Otherwise { silent: "-yes stops the job without asking", no: "Cancelling job stop" };
    confirm::confirmed(shell, &question, &otherwise)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::agent::{Agent, reply};
    use crate::testing::{run, shell};

    #[tokio::test]
    async fn everything_asked_for_is_sent() {
        let path = "DELETE /v1/job/web?namespace=default&purge=true&global=true&no_shutdown_delay=true&eval_priority=70";
        let agent = Agent::serve(vec![
            reply("GET /v1/jobs?prefix=web", 200, 9, json!([{"ID": "web", "Namespace": "default"}])),
            reply(path, 200, 9, json!({"EvalID": "e1e1e1e1-0000-4000-8000-000000000000"})),
        ])
        .await;
        let args =
            ["job", "stop", "-detach", "-global", "-purge", "-no-shutdown-delay", "-eval-priority=70", "web"];
        let (code, out, err) = run(&agent, &args).await;
        assert_eq!((code, err), (OK, String::new()));
        assert_eq!(out, "e1e1e1e1-0000-4000-8000-000000000000\n");
    }

    #[test]
    fn only_an_exact_y_confirms() {
        let job = JobListStub { id: "web".into(), ..JobListStub::default() };
        for (answer, expected) in [("y\n", Some(true)), ("n\n", Some(false)), ("", None), ("Y\n", None)] {
            let (mut sh, captured) = shell();
            sh.input = Box::new(std::io::Cursor::new(answer));
            assert_eq!(confirmed(&mut sh, &job).ok(), expected, "{answer:?}");
            assert!(captured.out().starts_with("Are you sure you want to stop job \"web\"? [y/N] "));
        }
    }
}
