//! `alloc fs`: a directory's list, a file's description or content.

mod show;

use muster_api::RouteId;
use muster_api::table::{FsList, FsStat};
use muster_api::views::AllocView;
use muster_sdk::Client;

use super::choose::Choice;
use super::content::{Content, Sink};
use super::tail::Tail;
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
    /// With -job: only allocations of this group
    #[arg(long, value_name = "GROUP")]
    group: Option<String>,
    /// The argument is a job: take one of its allocations, a running one if there is one
    #[arg(long)]
    job: bool,
    /// Show whole ids
    #[arg(long)]
    verbose: bool,
    /// Sizes in bytes
    #[arg(long = "H")]
    machine: bool,
    /// Describe the file instead of printing it
    #[arg(long)]
    stat: bool,
    /// Go on printing as the file grows, until the allocation has ended
    #[arg(long = "f")]
    follow: bool,
    /// Only the end: ten lines unless -n or -c says otherwise
    #[arg(long)]
    tail: bool,
    /// How many lines of the end
    #[arg(long = "n", value_name = "LINES")]
    lines: Option<u32>,
    /// How many bytes of the end
    #[arg(long = "c", value_name = "BYTES")]
    bytes: Option<u64>,
}

impl Verb for AllocFs {
    async fn run(self, shell: &mut Shell) -> Outcome {
        if self.lines.is_some() && self.bytes.is_some() {
            return Err(Failure::new("-n and -c exclude each other: give lines or bytes"));
        }
        let client = self.connect.connect(shell)?;
        let choice =
            Choice { text: &self.alloc, job: self.job, group: self.group.as_deref(), verbose: self.verbose };
        let alloc = choice.alloc(shell, &client).await?;
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
            Content { client, route: RouteId::FsStream, alloc: &alloc.id, query, follow: self.follow };
        let (out, err) = (Sink::new(&mut *shell.out), Sink::new(&mut *shell.err));
        content.copy(Tail::new(self.tail, self.lines, self.bytes), &out, &err).await
    }
}
