//! `deployment status`: one rollout, once or to its end; all of them when none is named.

use muster_api::table::DeploymentAllocations;

use super::follow::Follow;
use super::list::DeploymentList;
use super::show;
use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::shape::Shape;
use crate::shell::Shell;
use crate::verb::{Refused, Verb};

#[derive(Debug, clap::Args)]
pub(crate) struct DeploymentStatus {
    #[command(flatten)]
    connect: ConnectArgs,
    #[arg(value_name = "deployment")]
    deployment: Option<String>,
    /// Show whole ids and the allocations
    #[arg(long)]
    verbose: bool,
    #[command(flatten)]
    shape: Shape,
    /// Follow the deployment to its end
    #[arg(long)]
    monitor: bool,
    /// How long to wait for news at a time
    #[arg(long, value_name = "DURATION", default_value = "2s")]
    wait: String,
}

impl DeploymentStatus {
    /// As if asked for one deployment.
    pub(crate) fn of(connect: ConnectArgs, id: String, verbose: bool) -> Self {
        let (shape, wait) = (Shape::default(), "2s".to_owned());
        Self { connect, deployment: Some(id), verbose, shape, monitor: false, wait }
    }
}

impl Verb for DeploymentStatus {
    const REFUSED: &'static [Refused] = &[Refused::UI];

    async fn run(self, shell: &mut Shell) -> Outcome {
        if self.monitor && self.shape.is_for_programs() {
            return Err(Failure::new("The monitor flag cannot be used with the '-json' or '-t' flags"));
        }
        let wait = muster_jobspec::duration::parse(&self.wait);
        if wait.is_err() {
            return Err(Failure::new(format!("`-wait={}` is no duration: write one such as 2s", self.wait)));
        }
        let Some(text) = &self.deployment else {
            return DeploymentList::of(self.connect, self.shape, self.verbose).run(shell).await;
        };
        let client = self.connect.connect(shell)?;
        let deployment = super::find(&client, text).await?;
        if self.shape.print(shell, &deployment)? {
            return Ok(OK);
        }
        if self.monitor {
            let follow = Follow { client: &client, verbose: self.verbose, wait: &self.wait };
            // How it ends is told, and no error of this command.
            let _succeeded = follow.to_the_end(shell, &deployment.id).await?;
            return Ok(OK);
        }
        show::whole(shell, &deployment, self.verbose)?;
        if self.verbose {
            let allocs = client.get::<DeploymentAllocations>(&[&deployment.id], &[]).await;
            let allocs = allocs.map_err(|error| Failure::request("retrieving allocations", &error))?.value;
            shell.heading("Allocations")?;
            match crate::alloc::list_table(shell, &allocs, true) {
                Some(table) => shell.table(&table)?,
                None => shell.line("No allocations placed")?,
            }
        }
        Ok(OK)
    }
}
