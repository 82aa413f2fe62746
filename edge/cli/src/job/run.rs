//! `job run`: register a job file and watch what comes of it.

use muster_api::table::JobRegister;
use muster_api::views::JobRegisterRequest;
use muster_jobspec::JobInput;
use muster_sdk::{Client, SdkError};

use super::source::{JobFile, SourceArgs};
use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::monitor::Monitor;
use crate::shell::Shell;
use crate::verb::{Refused, Verb};

#[derive(Debug, clap::Args)]
pub(crate) struct JobRun {
    #[command(flatten)]
    connect: ConnectArgs,
    #[command(flatten)]
    source: SourceArgs,
    /// Return once the job is registered, without watching its evaluation
    #[arg(long)]
    detach: bool,
    /// Show whole ids
    #[arg(long)]
    verbose: bool,
    /// Print the job as JSON and register nothing
    #[arg(long)]
    output: bool,
    /// Register only if the job still has this modify index; 0 if it must not exist
    #[arg(long, value_name = "INDEX")]
    check_index: Option<u64>,
    /// Keep how many allocations the groups have, whatever the file says
    #[arg(long)]
    preserve_counts: bool,
    /// Keep what the tasks are given, whatever the file says
    #[arg(long)]
    preserve_resources: bool,
    /// Priority of the evaluation, 1 to 100; the job's own by default
    #[arg(long, value_name = "PRIORITY", value_parser = clap::value_parser!(u16).range(0..=100), default_value_t = 0)]
    eval_priority: u16,
}

impl Verb for JobRun {
    const REFUSED: &'static [Refused] = &[
        Refused::POLICY_OVERRIDE,
        Refused::value("consul-namespace", "there is no Consul integration yet"),
        Refused::VAULT_NAMESPACE,
        Refused::UI,
    ];

    async fn run(self, shell: &mut Shell) -> Outcome {
        let file = self.source.read(shell)?;
        if self.output {
            shell.line(&crate::json::pretty(&serde_json::json!({ "Job": file.input }))?)?;
            return Ok(OK);
        }
        let client = self.connect.connect(shell)?;
        self.register(shell, &client, file).await
    }
}

impl JobRun {
    async fn register(&self, shell: &mut Shell, client: &Client, file: JobFile) -> Outcome {
        let input = file.input.clone();
        let makes_children =
            input.periodic.is_some() || input.parameterized_job.is_some() || input.multiregion.is_some();
        let place = place(&input);
        let next_launch = super::periodic::next_launch(shell, &input);
        let request = JobRegisterRequest {
            job: Some(input),
            submission: Some(file.submission.clone()),
            enforce_index: self.check_index.is_some(),
            job_modify_index: self.check_index.unwrap_or(0),
            eval_priority: self.eval_priority,
            preserve_counts: self.preserve_counts,
            preserve_resources: self.preserve_resources,
            ..JobRegisterRequest::default()
        };
        let query: Vec<(&str, &str)> = place.iter().map(|(key, value)| (*key, value.as_str())).collect();
        let answer = client.send_json::<JobRegister>(&[], &query, &request).await;
        let answer = answer.map_err(|error| refused(&error, || file.broken_rules()))?.value;
        if !answer.warnings.is_empty() {
            shell.bold_line("Job Warnings:")?;
            shell.line(&format!("{}\n", answer.warnings))?;
        }
        if self.detach || makes_children || answer.eval_id.is_empty() {
            shell.line("Job registration successful")?;
            if let Some(next) = next_launch {
                shell.line(&format!("Approximate next launch time: {next}"))?;
            }
            if !answer.eval_id.is_empty() {
                shell.line(&format!("Evaluation ID: {}", answer.eval_id))?;
            }
            return Ok(OK);
        }
        Monitor { client, verbose: self.verbose }.new_evaluation(shell, &answer.eval_id).await
    }
}

/// A job that names its namespace or region goes there, whatever the flags say. `global` is how job files name the
/// region of whoever they are given to.
pub(super) fn place(input: &JobInput) -> Vec<(&'static str, String)> {
    let named = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let namespace = named(&input.namespace).map(|name| ("namespace", name));
    let region = named(&input.region).filter(|region| region != "global").map(|name| ("region", name));
    namespace.into_iter().chain(region).collect()
}

/// `places` gives what breaks a rule where it stands in the file, if that is known.
fn refused(error: &SdkError, places: impl FnOnce() -> Option<String>) -> Failure {
    if let SdkError::Status { message, .. } = error
        && let Some(start) = message.find("Enforcing job modify index")
    {
        let text = message.get(start..).unwrap_or(message).trim_end();
        return Failure::new(format!("{text}\nJob not updated"));
    }
    let refused = matches!(error, SdkError::Status { .. });
    match refused.then(places).flatten() {
        Some(lines) => {
            Failure::new(format!("Error submitting job: {}\n\n{lines}", error.to_string().trim_end()))
        }
        None => Failure::request("submitting job", error),
    }
}

#[cfg(test)]
mod tests;
