//! Follows a deployment until it is over, and then the one that takes its job back.
//!
//! Nothing sleeps: the server answers when there is news.

use muster_api::table::{DeploymentAllocations, DeploymentRead, JobDeployment};
use muster_api::views::DeploymentView;
use muster_sdk::{Client, SdkError};

use super::show;
use crate::failure::Failure;
use crate::ids::short;
use crate::monitor::headline_at;
use crate::shell::Shell;

/// How often the successor of a deployment that failed is looked for, each time waiting a while for news.
const LOOKS: usize = 5;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Follow<'a> {
    pub client: &'a Client,
    pub verbose: bool,
    /// How long one question may wait for news.
    pub wait: &'a str,
}

impl Follow<'_> {
    /// Tells the deployment's story; whether it ended in success.
    pub(crate) async fn to_the_end(self, shell: &mut Shell, id: &str) -> Result<bool, Failure> {
        let mut id = id.to_owned();
        let mut succeeded = None;
        loop {
            headline_at(shell, &format!("Monitoring deployment \"{}\"", short(&id, self.verbose)))?;
            let ended = self.one(shell, &id).await?;
            // A way back that works does not make a success of what failed.
            succeeded.get_or_insert(ended.status == "successful");
            match self.way_back(&ended).await? {
                Some(next) => id = next.id,
                None => return Ok(succeeded == Some(true)),
            }
        }
    }

    /// Whether anything of it was placed.
    pub(crate) async fn has_begun(self, id: &str) -> Result<bool, Failure> {
        let deployment = self.client.get::<DeploymentRead>(&[id], &[]).await;
        let deployment = deployment.map_err(|error| self.unread(id, &error))?.value;
        Ok(deployment.task_groups.values().any(|group| group.placed_allocs > 0))
    }

    async fn one(self, shell: &mut Shell, id: &str) -> Result<DeploymentView, Failure> {
        let (mut index, mut told) = (0, None);
        loop {
            let text = index.to_string();
            let query = [("index", text.as_str()), ("wait", self.wait)];
            let query = if index == 0 { &[][..] } else { &query[..] };
            let answer = self.client.get::<DeploymentRead>(&[id], query).await;
            let answer = answer.map_err(|error| self.unread(id, &error))?;
            if told.as_ref() != Some(&answer.value) {
                self.tell(shell, &answer.value).await?;
                told = Some(answer.value.clone());
            }
            if is_over(&answer.value) {
                return Ok(answer.value);
            }
            index = if answer.index < index { 1 } else { answer.index.max(1) };
        }
    }

    async fn tell(self, shell: &mut Shell, deployment: &DeploymentView) -> Result<(), Failure> {
        let now = shell.clock.absolute(shell.clock.now());
        shell.line(&format!("    {now}"))?;
        let mut lines = show::lines(&shell.clock, deployment, self.verbose);
        if self.verbose {
            let allocs = self.client.get::<DeploymentAllocations>(&[&deployment.id], &[]).await;
            let allocs = allocs.map_err(|error| Failure::request("retrieving allocations", &error))?.value;
            if let Some(table) = crate::alloc::list_table(shell, &allocs, true) {
                lines.extend([String::new(), "Allocations".to_owned()]);
                lines.extend(table.lines());
            }
        }
        for line in lines.iter().map(|line| format!("    {line}")) {
            shell.line(line.trim_end())?;
        }
        shell.blank()
    }

    /// The deployment of the version that the job goes back to, if it does.
    async fn way_back(self, failed: &DeploymentView) -> Result<Option<DeploymentView>, Failure> {
        if !failed.status_description.contains("rolling back to job version") {
            return Ok(None);
        }
        let mut index = 0;
        for _ in 0..LOOKS {
            let text = index.to_string();
            let mut query = vec![("namespace", failed.namespace.as_str())];
            if index > 0 {
                query.extend([("index", text.as_str()), ("wait", self.wait)]);
            }
            let answer = self.client.get::<JobDeployment>(&[&failed.job_id], &query).await;
            let answer = answer.map_err(|error| Failure::request("retrieving deployment", &error))?;
            match answer.value {
                Some(latest) if latest.id != failed.id && latest.create_index > failed.create_index => {
                    return Ok(Some(latest));
                }
                _ => index = answer.index.max(1),
            }
        }
        Ok(None)
    }

    fn unread(self, id: &str, error: &SdkError) -> Failure {
        match error.is_not_found() {
            true => Failure::new(format!("No deployment(s) with prefix or id \"{id}\" found")),
            false => Failure::request("retrieving deployment", error),
        }
    }
}

fn is_over(deployment: &DeploymentView) -> bool {
    matches!(deployment.status.as_str(), "failed" | "successful" | "cancelled" | "blocked")
}
