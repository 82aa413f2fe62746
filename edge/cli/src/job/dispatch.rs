//! `job dispatch`: a run of a parameterized job, with what it is to work on.

mod finish;
mod overrides;

use std::collections::BTreeMap;
use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use muster_api::table::JobDispatch as Route;
use muster_api::views::{JobDispatchRequest, JobDispatchResponse, JobListStub};
use muster_sdk::Client;

use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::keyvalue::KeyValues;
use crate::monitor::Monitor;
use crate::shell::Shell;
use crate::verb::{Refused, Verb};
use overrides::OverrideArgs;

#[derive(Debug, clap::Args)]
pub(crate) struct JobDispatch {
    #[command(flatten)]
    connect: ConnectArgs,
    #[arg(value_name = "job")]
    job: String,
    /// A file with the payload, or `-` for standard input
    #[arg(value_name = "input", allow_hyphen_values = true)]
    input: Option<String>,
    /// Return once the job is dispatched, without watching its evaluation
    #[arg(long)]
    detach: bool,
    /// Show whole ids
    #[arg(long)]
    verbose: bool,
    /// Wait until the dispatched job is over
    #[arg(long)]
    wait: bool,
    /// Dispatch once for this token, however often it is asked for
    #[arg(long, value_name = "TOKEN", default_value = "")]
    idempotency_token: String,
    /// Stands in the id of the dispatched job
    #[arg(long, value_name = "TEXT", default_value = "")]
    id_prefix_template: String,
    /// Priority of the dispatched job; its parent's by default
    #[arg(long, value_name = "PRIORITY", default_value_t = 0, allow_negative_numbers = true)]
    priority: i64,
    /// `key=value` that the job asks for; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    meta: Vec<String>,
    #[command(flatten)]
    overrides: OverrideArgs,
}

impl Verb for JobDispatch {
    const REFUSED: &'static [Refused] = &[Refused::UI];

    async fn run(self, shell: &mut Shell) -> Outcome {
        let payload = self.payload(shell)?;
        let meta = meta(&self.meta)?;
        let client = self.connect.connect(shell)?;
        let job = crate::job::find_among(&client, shell, &self.job, |job| job.parameterized_job).await?;
        let overrides = self.overrides.read(&client, &job).await?;
        let request = JobDispatchRequest {
            payload: (!payload.is_empty()).then(|| STANDARD.encode(payload)),
            meta: (!meta.is_empty()).then_some(meta),
            id_prefix_template: self.id_prefix_template.clone(),
            priority: self.priority,
            overrides,
            ..JobDispatchRequest::default()
        };
        self.dispatch(shell, &client, &job, &request).await
    }
}

impl JobDispatch {
    fn payload(&self, shell: &mut Shell) -> Result<Vec<u8>, Failure> {
        let mut bytes = Vec::new();
        let problem = |name: &str, error: std::io::Error| {
            Failure::new(format!("Error reading input data: `{name}`: {error}"))
        };
        match self.input.as_deref() {
            None => {}
            Some("-") => {
                shell.input.read_to_end(&mut bytes).map_err(|error| problem("standard input", error))?;
            }
            Some(path) => bytes = std::fs::read(path).map_err(|error| problem(path, error))?,
        }
        Ok(bytes)
    }

    async fn dispatch(
        &self,
        shell: &mut Shell,
        client: &Client,
        job: &JobListStub,
        request: &JobDispatchRequest,
    ) -> Outcome {
        let mut query = vec![("namespace", job.namespace.as_str())];
        if !self.idempotency_token.is_empty() {
            query.push(("idempotency_token", &self.idempotency_token));
        }
        let answer = client.send_json::<Route>(&[&job.id], &query, request).await;
        let made = answer.map_err(|error| Failure::request("dispatching job", &error))?.value;
        self.show(shell, &made)?;
        let watches = !self.detach && !made.eval_id.is_empty();
        let mut code = OK;
        if watches {
            shell.blank()?;
            let monitor = Monitor { client, verbose: self.verbose };
            code = monitor.new_evaluation(shell, &made.eval_id).await?;
        }
        if self.wait {
            let (id, namespace) = (made.dispatched_job_id.as_str(), job.namespace.as_str());
            return finish::wait(shell, client, id, namespace).await;
        }
        Ok(code)
    }

    fn show(&self, shell: &mut Shell, made: &JobDispatchResponse) -> Result<(), Failure> {
        if !made.warnings.is_empty() {
            shell.error(&format!("Warning: {}", made.warnings))?;
        }
        let mut pairs = KeyValues::default();
        pairs.add("Dispatched Job ID", made.dispatched_job_id.clone());
        pairs.add_some("Evaluation ID", &crate::ids::short(&made.eval_id, self.verbose));
        shell.pairs(&pairs)
    }
}

fn meta(given: &[String]) -> Result<BTreeMap<String, String>, Failure> {
    let pair = |text: &String| match text.split_once('=') {
        None => Err(Failure::new(format!("Error parsing meta value: `{text}`; write `key=value`"))),
        Some(("", _)) => Err(Failure::new(format!(
            "Error parsing meta value: `{text}` has an empty key; write `key=value`"
        ))),
        Some((key, value)) => Ok((key.to_owned(), value.to_owned())),
    };
    given.iter().map(pair).collect()
}

#[cfg(test)]
mod tests;
