//! `job scale`: give a group another count, and watch it.

use std::collections::BTreeMap;

use muster_api::table::{JobRead, JobScale as Route};
use muster_api::views::{JobListStub, ScalingRequest};
use muster_sdk::Client;

use crate::connect::ConnectArgs;
use crate::failure::{Failure, Outcome};
use crate::monitor::Watch;
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct JobScale {
    #[command(flatten)]
    connect: ConnectArgs,
    #[arg(value_name = "job")]
    job: String,
    /// The group may be left out where the job has only one
    #[arg(value_name = "[group] count", required = true, num_args = 1..=2)]
    group_and_count: Vec<String>,
    /// Scale only if the job still has this modify index
    #[arg(long, value_name = "INDEX", default_value_t = 0)]
    check_index: u64,
    #[command(flatten)]
    watch: Watch,
}

impl Verb for JobScale {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let (group, count) = match self.group_and_count.as_slice() {
            [count] => (None, count),
            [group, count] => (Some(group.clone()), count),
            _ => return Err(Failure::new("give a job, its group unless it has only one, and a count")),
        };
        let count: i64 = count
            .parse()
            .map_err(|_| Failure::new(format!("the count must be a whole number, not `{count}`")))?;
        let client = self.connect.connect(shell)?;
        let job = super::find(&client, shell, &self.job).await?;
        let group = match group {
            Some(group) => group,
            None => only_group(&client, &job).await?,
        };
        let query = [("namespace", job.namespace.as_str())];
        let target = BTreeMap::from([("Job".to_owned(), job.id.clone()), ("Group".to_owned(), group)]);
        let request = ScalingRequest {
            count: Some(count),
            target,
            message: "scaled from the command line".to_owned(),
            job_modify_index: self.check_index,
            ..ScalingRequest::default()
        };
        let answer = client.send_json::<Route>(&[&job.id], &query, &request).await;
        let answer = answer.map_err(|error| Failure::request("scaling job", &error))?.value;
        if !answer.warnings.is_empty() {
            shell.bold_line("Job Warnings:")?;
            shell.line(&format!("{}\n", answer.warnings))?;
        }
        self.watch.evaluation(shell, &client, &answer.eval_id).await
    }
}

async fn only_group(client: &Client, job: &JobListStub) -> Result<String, Failure> {
    let answer = client.get::<JobRead>(&[&job.id], &[("namespace", job.namespace.as_str())]).await;
    let whole = answer.map_err(|error| Failure::request("querying job", &error))?.value;
    let names: Vec<String> = whole.task_groups.into_iter().flatten().filter_map(|group| group.name).collect();
    match names.as_slice() {
        [one] => Ok(one.clone()),
        several => {
            let text = format!("job \"{}\" has several groups, name one: {}", job.id, several.join(", "));
            Err(Failure::new(text))
        }
    }
}
