//! `job history`: the versions of a job that are kept, and what each changed.

use muster_api::table::JobVersions;
use muster_jobspec::JobInput;
use muster_jobspec::diff::JobDiff;

use crate::connect::ConnectArgs;
use crate::diff;
use crate::failure::{Failure, OK, Outcome};
use crate::keyvalue::KeyValues;
use crate::shape::Shape;
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct JobHistory {
    #[command(flatten)]
    connect: ConnectArgs,
    #[arg(value_name = "job")]
    job: String,
    /// Show what each version changed
    #[arg(long)]
    p: bool,
    /// Print each version whole
    #[arg(long)]
    full: bool,
    /// Only this version
    #[arg(long, value_name = "VERSION")]
    version: Option<u64>,
    /// Compare with the version of this tag instead of the one before
    #[arg(long, value_name = "TAG")]
    diff_tag: Option<String>,
    /// Compare with this version instead of the one before
    #[arg(long, value_name = "VERSION")]
    diff_version: Option<u64>,
    #[command(flatten)]
    shape: Shape,
}

impl Verb for JobHistory {
    async fn run(self, shell: &mut Shell) -> Outcome {
        if self.diff_tag.is_some() && self.diff_version.is_some() {
            return Err(Failure::new("-diff-tag and -diff-version exclude each other: leave one out"));
        }
        let client = self.connect.connect(shell)?;
        let job = super::find(&client, shell, &self.job).await?;
        let compares = self.p || self.diff_tag.is_some() || self.diff_version.is_some();
        let diffs = if compares { "true" } else { "false" };
        let against = self.diff_version.map(|version| version.to_string()).unwrap_or_default();
        let mut query = vec![("namespace", job.namespace.as_str()), ("diffs", diffs)];
        if !against.is_empty() {
            query.push(("diff_version", &against));
        }
        if let Some(tag) = &self.diff_tag {
            query.push(("diff_tag", tag));
        }
        let answer = client.get::<JobVersions>(&[&job.id], &query).await;
        let mut answer = answer.map_err(|error| Failure::request("retrieving job versions", &error))?.value;
        let diffs = answer.diffs.take().unwrap_or_default();
        let of = |at: usize| diffs.get(at).filter(|_| diffs.len() > at);
        let wanted = |job: &JobInput| self.version.is_none_or(|wanted| job.version == Some(wanted));
        let shown: Vec<(&JobInput, Option<&JobDiff>)> = answer
            .versions
            .iter()
            .enumerate()
            .filter(|(_, job)| wanted(job))
            .map(|(at, job)| (job, of(at)))
            .collect();
        if shown.is_empty() {
            let version = self.version.unwrap_or_default();
            return Err(Failure::new(format!("no version {version} of job \"{}\" is kept", job.id)));
        }
        if self.shape.is_for_programs() {
            let (versions, diffs): (Vec<_>, Vec<_>) = shown.into_iter().unzip();
            let diffs: Vec<_> = diffs.into_iter().flatten().collect();
            self.shape.print(shell, &serde_json::json!({ "Versions": versions, "Diffs": diffs }))?;
            return Ok(OK);
        }
        for (at, (version, diff)) in shown.into_iter().enumerate() {
            if at > 0 {
                shell.blank()?;
            }
            self.show(shell, version, diff)?;
        }
        Ok(OK)
    }
}

impl JobHistory {
    fn show(&self, shell: &mut Shell, job: &JobInput, diff: Option<&JobDiff>) -> Result<(), Failure> {
        if self.full {
            return shell.line(&crate::json::pretty(job)?);
        }
        let mut pairs = KeyValues::default();
        pairs.add("Version", job.version.unwrap_or_default().to_string());
        pairs.add("Stable", job.stable.unwrap_or_default().to_string());
        pairs.add("Submit Date", shell.clock.absolute(job.submit_time.unwrap_or_default()));
        if let Some(tag) = &job.version_tag {
            pairs.add("Tag Name", tag.name.as_str());
            pairs.add_some("Tag Description", &tag.description);
        }
        let width = pairs.width();
        shell.pairs(&pairs)?;
        match diff {
            Some(diff) => {
                shell.line(&format!("{:width$} =", "Diff"))?;
                diff::job(diff, false).iter().try_for_each(|line| shell.diff_line(line))
            }
            None => Ok(()),
        }
    }
}
