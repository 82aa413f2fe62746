//! `alloc fs`: a directory's list, a file's description or content.

mod show;

use muster_api::RouteId;
use muster_api::table::{FsList, FsStat};
use muster_api::views::AllocView;
use muster_sdk::Client;

use super::choose::OfJob;
use super::content::{Content, Sink};
use super::tail::Part;
use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct AllocFs {
    #[command(flatten)]
    connect: ConnectArgs,
    #[arg(value_name = "alloc")]
    alloc: String,
    /// Path within the allocation's directory
    #[arg(value_name = "path", default_value = "/")]
    path: String,
    #[command(flatten)]
    of_job: OfJob,
    /// Show whole ids
    #[arg(long)]
    verbose: bool,
    /// Sizes in bytes
    #[arg(long = "H")]
    machine: bool,
    /// Describe the file instead of printing it
    #[arg(long)]
    stat: bool,
    #[command(flatten)]
    part: Part,
}

impl Verb for AllocFs {
    async fn run(self, shell: &mut Shell) -> Outcome {
        self.part.check()?;
        let client = self.connect.connect(shell)?;
        let alloc = self.of_job.alloc(shell, &client, &self.alloc, self.verbose).await?;
        let query = [("namespace", &*alloc.namespace), ("path", &*self.path)];
        let file = client.get::<FsStat>(&[&alloc.id], &query).await;
        let file = file.map_err(|error| Failure::request("describing file", &error))?.value;
        if self.stat {
            let table = show::description(shell, &file, self.machine);
            shell.table(&table)?;
        } else if file.is_dir {
            let list = client.get::<FsList>(&[&alloc.id], &query).await;
            let list = list.map_err(|error| Failure::request("listing directory", &error))?.value;
            let table = show::list(shell, &list, self.machine);
            shell.table(&table)?;
        } else {
            self.print(shell, &client, &alloc, &query).await?;
        }
        Ok(OK)
    }
}

impl AllocFs {
    async fn print(
        &self,
        shell: &mut Shell,
        client: &Client,
        alloc: &AllocView,
        query: &[(&str, &str)],
    ) -> Result<(), Failure> {
        let content =
            Content { client, route: RouteId::FsStream, alloc: &alloc.id, query, follow: self.part.follow };
        let (out, err) = (Sink::new(&mut *shell.out), Sink::new(&mut *shell.err));
        content.copy(self.part.tail(), &out, &err).await
    }
}
