//! `node drain`: empty a node, stop doing so, or watch it.

mod monitor;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use muster_api::table::NodeDrain as Route;
use muster_api::views::{DrainSpecInput, NodeDrainRequest, NodeListStub};
use muster_sdk::Client;

use super::NodeArg;
use crate::confirm::{self, Otherwise};
use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::shell::Shell;
use crate::verb::Verb;

/// Nanoseconds of the deadline that nobody gave: an hour.
const DEADLINE: i64 = 3_600_000_000_000;

#[derive(Debug, clap::Args)]
pub(crate) struct NodeDrain {
    #[command(flatten)]
    connect: ConnectArgs,
    #[command(flatten)]
    node: NodeArg,
    /// Empty the node; it takes no new work from then on
    #[arg(long)]
    enable: bool,
    /// Stop emptying the node; it takes new work again, unless -keep-ineligible is given
    #[arg(long)]
    disable: bool,
    /// When everything left must leave: a duration such as 30m; an hour by default
    #[arg(long, value_name = "DURATION")]
    deadline: Option<String>,
    /// Return once the drain is set, without watching it
    #[arg(long)]
    detach: bool,
    /// Everything leaves at once, whatever its `migrate` block says
    #[arg(long)]
    force: bool,
    /// Allocations may take as long as they need
    #[arg(long)]
    no_deadline: bool,
    /// Leave the allocations of system jobs alone
    #[arg(long)]
    ignore_system: bool,
    /// With -disable: the node takes no new work for now
    #[arg(long)]
    keep_ineligible: bool,
    /// Ask nothing
    #[arg(long)]
    yes: bool,
    /// Watch a drain that is under way
    #[arg(long)]
    monitor: bool,
    /// Why; kept as the metadata `message`
    #[arg(long = "m", value_name = "MESSAGE")]
    message: Option<String>,
    /// Metadata to keep with the drain; may be given several times
    #[arg(long, value_name = "KEY=VALUE")]
    meta: Vec<String>,
}

/// What is to be done.
#[derive(Debug)]
enum Wish {
    Enable(DrainSpecInput),
    Disable,
    Watch,
}

impl Verb for NodeDrain {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let wish = self.wish()?;
        let meta = self.metadata()?;
        let client = self.connect.connect(shell)?;
        let Some(text) = self.node.text(&client).await? else {
            return Err(Failure::new("name a node, or give -self"));
        };
        let node =
            super::find(&client, &text, format!("No node(s) with prefix or id \"{text}\" found")).await?;
        if !self.yes && text != node.id && !confirmed(shell, &wish, &node)? {
            return Ok(OK);
        }
        match wish {
            Wish::Watch => monitor::watch(shell, &client, &node.id, 0).await,
            Wish::Disable => {
                set(&client, &node.id, None, !self.keep_ineligible, meta).await?;
                shell.line(&format!("Node \"{}\" drain strategy unset", node.id))?;
                Ok(OK)
            }
            Wish::Enable(spec) => {
                let index = set(&client, &node.id, Some(spec), false, meta).await?;
                if self.detach {
                    shell.line(&format!("Node \"{}\" drain strategy set", node.id))?;
                    return Ok(OK);
                }
                monitor::line(shell, "Ctrl-C ends monitoring; the drain goes on")?;
                monitor::line(shell, &format!("Node \"{}\" drain strategy set", node.id))?;
                monitor::watch(shell, &client, &node.id, index).await
            }
        }
    }
}

impl NodeDrain {
    fn wish(&self) -> Result<Wish, Failure> {
        let wish = match (self.enable, self.disable, self.monitor) {
            (true, true, _) | (false, true, true) | (false, false, false) => {
                return Err(Failure::new("give one of -enable, -disable and -monitor"));
            }
            (true, false, _) => Wish::Enable(self.spec()?),
            (false, true, false) => Wish::Disable,
            (false, false, true) => Wish::Watch,
        };
        let only = |flag: &str, given: bool, fits: bool, with: &str| match given && !fits {
            true => Err(Failure::new(format!("-{flag} goes with {with} only"))),
            false => Ok(()),
        };
        let enables = matches!(wish, Wish::Enable(_));
        only("deadline", self.deadline.is_some(), enables, "-enable")?;
        only("force", self.force, enables, "-enable")?;
        only("no-deadline", self.no_deadline, enables, "-enable")?;
        only("ignore-system", self.ignore_system, enables, "-enable")?;
        only("keep-ineligible", self.keep_ineligible, matches!(wish, Wish::Disable), "-disable")?;
        let says = self.message.is_some() || !self.meta.is_empty();
        if says && matches!(wish, Wish::Watch) {
            return Err(Failure::new("-m and -meta go with -enable or -disable only"));
        }
        if self.detach && self.monitor {
            return Err(Failure::new("-detach and -monitor exclude each other: leave one out"));
        }
        Ok(wish)
    }

    fn spec(&self) -> Result<DrainSpecInput, Failure> {
        let deadline = match (&self.deadline, self.force, self.no_deadline) {
            (None, false, false) => DEADLINE,
            (Some(text), false, false) => positive(text)?,
            (None, true, false) => -1,
            (None, false, true) => 0,
            _ => return Err(Failure::new("-deadline, -force and -no-deadline exclude each other: give one")),
        };
        Ok(DrainSpecInput { deadline, ignore_system_jobs: self.ignore_system })
    }

    fn metadata(&self) -> Result<BTreeMap<String, String>, Failure> {
        let mut meta = BTreeMap::new();
        for pair in &self.meta {
            let Some((key, value)) = pair.split_once('=').filter(|(key, _)| !key.is_empty()) else {
                return Err(Failure::new(format!("-meta: `{pair}` is not written as key=value")));
            };
            meta.insert(key.to_owned(), value.to_owned());
        }
        if let Some(message) = &self.message
            && meta.insert("message".to_owned(), message.clone()).is_some()
        {
            return Err(Failure::new("-m is the metadata `message`: give it once"));
        }
        Ok(meta)
    }
}

fn positive(text: &str) -> Result<i64, Failure> {
    let parsed = muster_jobspec::duration::parse(text);
    let nanos = parsed.map_err(|error| Failure::new(format!("-deadline `{text}`: {error}")))?.0;
    if nanos <= 0 {
        return Err(Failure::new(format!(
            "-deadline `{text}` must be greater than zero: -force is for at once, -no-deadline for never"
        )));
    }
    Ok(nanos)
}

/// Asks about a node that the user did not name in full.
fn confirmed(shell: &mut Shell, wish: &Wish, node: &NodeListStub) -> Result<bool, Failure> {
    let verb = match wish {
        Wish::Enable(_) => "enable",
        Wish::Disable => "disable",
        Wish::Watch => return Ok(true),
    };
    let question = format!("Are you sure you want to {verb} drain mode for node \"{}\"?", node.id);
    let otherwise = Otherwise { silent: "-yes goes on without asking", no: "Canceling drain toggle" };
    confirm::confirmed(shell, &question, &otherwise)
}

/// The index at which the node shows it.
async fn set(
    client: &Client,
    node: &str,
    drain_spec: Option<DrainSpecInput>,
    mark_eligible: bool,
    meta: BTreeMap<String, String>,
) -> Result<u64, Failure> {
    let request = NodeDrainRequest { node_id: node.to_owned(), drain_spec, mark_eligible, meta };
    let answer = client.send_json::<Route>(&[node], &[], &request).await;
    Ok(answer
        .map_err(|error| Failure::request("updating drain specification", &error))?
        .value
        .node_modify_index)
}
