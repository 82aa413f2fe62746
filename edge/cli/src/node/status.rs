//! `node status`: the list of nodes, or one with its drivers, resources and allocations.

mod show;
mod usage;

use std::collections::BTreeMap;

use muster_api::table::{NodeAllocations, NodeList, NodeRead};
use muster_api::views::NodeListStub;
use muster_sdk::Client;
use tokio::task::JoinSet;

use super::{Columns, NodeArg};
use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::page::{self, Page, borrowed};
use crate::shape::Shape;
use crate::shell::Shell;
use crate::verb::{Refused, Verb};

#[derive(Debug, clap::Args)]
pub(crate) struct NodeStatus {
    #[command(flatten)]
    connect: ConnectArgs,
    #[command(flatten)]
    node: NodeArg,
    /// Only the node itself
    #[arg(long)]
    short: bool,
    /// Show the operating systems in the list
    #[arg(long)]
    os: bool,
    /// Only ids
    #[arg(long)]
    quiet: bool,
    /// Show in the list how many allocations run
    #[arg(long)]
    allocs: bool,
    /// Show whole ids, more columns, attributes and metadata
    #[arg(long)]
    verbose: bool,
    /// Show all that is measured of the node
    #[arg(long)]
    stats: bool,
    #[command(flatten)]
    shape: Shape,
    #[command(flatten)]
    page: Page,
}

impl Verb for NodeStatus {
    const REFUSED: &'static [Refused] = &[Refused::UI];

    async fn run(self, shell: &mut Shell) -> Outcome {
        if self.quiet && self.verbose {
            return Err(Failure::new("-quiet and -verbose exclude each other: leave one out"));
        }
        let client = self.connect.connect(shell)?;
        match self.node.text(&client).await? {
            None => self.list(shell, &client).await,
            Some(text) => self.one(shell, &client, &text).await,
        }
    }
}

impl NodeStatus {
    /// As if asked for one node.
    pub(crate) fn of(connect: ConnectArgs, id: String, verbose: bool) -> Self {
        Self {
            connect,
            node: NodeArg::of(id),
            short: false,
            os: false,
            quiet: false,
            allocs: false,
            verbose,
            stats: false,
            shape: Shape::default(),
            page: Page::default(),
        }
    }

    async fn list(&self, shell: &mut Shell, client: &Client) -> Outcome {
        let query = self.page.query(&[("os", if self.os { "true" } else { "" })]);
        let answer = client.get::<NodeList>(&[], &borrowed(&query)).await;
        let answer = answer.map_err(|error| Failure::request("querying node status", &error))?;
        let nodes = answer.value;
        if self.shape.print(shell, &nodes)? {
            return Ok(OK);
        }
        if nodes.is_empty() {
            shell.line("No nodes registered")?;
        } else if self.quiet {
            nodes.iter().try_for_each(|node| shell.line(&node.id))?;
        } else {
            let running = if self.allocs { Some(running(client, &nodes).await?) } else { None };
            let columns = Columns { verbose: self.verbose, os: self.os, running: running.as_ref() };
            shell.table(&super::list_table(&nodes, columns))?;
        }
        let flags = page::flags(&[("os", self.os), ("allocs", self.allocs), ("verbose", self.verbose)]);
        self.page.more(shell, &format!("node status{flags}"), answer.next_token.filter(|_| !self.quiet))?;
        Ok(OK)
    }

    async fn one(&self, shell: &mut Shell, client: &Client, text: &str) -> Outcome {
        let stub = super::find(client, text, format!("No node(s) with prefix \"{text}\" found")).await?;
        let node = client.get::<NodeRead>(&[&stub.id], &[]).await;
        let node = node.map_err(|error| Failure::request("querying node info", &error))?.value;
        if self.shape.print(shell, &node)? {
            return Ok(OK);
        }
        if self.quiet {
            return shell.line(&node.id).map(|()| OK);
        }
        if self.short {
            show::header(shell, &node, None, true, self.verbose)?;
            return Ok(OK);
        }
        let allocs = client.get::<NodeAllocations>(&[&node.id], &[]).await;
        let allocs = allocs.map_err(|error| Failure::request("querying node allocations", &error))?.value;
        let measured = usage::measure(shell, client, &node, &allocs).await?;
        show::header(shell, &node, measured.as_ref(), false, self.verbose)?;
        let sections = show::Sections { measured, stats: self.stats, verbose: self.verbose };
        show::sections(shell, &node, &allocs, &sections)?;
        Ok(OK)
    }
}

/// Nodes asked at once.
const AT_ONCE: usize = 16;

/// How many allocations run on each node.
async fn running(client: &Client, nodes: &[NodeListStub]) -> Result<BTreeMap<String, usize>, Failure> {
    let mut counts = BTreeMap::new();
    let mut nodes = nodes.iter();
    let mut asked = JoinSet::new();
    loop {
        while asked.len() < AT_ONCE
            && let Some(node) = nodes.next()
        {
            let (client, id) = (client.clone(), node.id.clone());
            asked.spawn(async move {
                let allocs = client.get::<NodeAllocations>(&[&id], &[]).await;
                allocs.map(|allocs| (id, allocs.value))
            });
        }
        match asked.join_next().await {
            None => return Ok(counts),
            Some(Ok(answer)) => {
                let (id, allocs) =
                    answer.map_err(|error| Failure::request("querying node allocations", &error))?;
                counts.insert(id, allocs.iter().filter(|alloc| alloc.client_status == "running").count());
            }
            Some(Err(error)) => {
                return Err(Failure::new(format!("Error querying node allocations: {error}")));
            }
        }
    }
}
