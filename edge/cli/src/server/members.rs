//! `server members`: the servers this agent knows, and which one leads.

use muster_api::table::{AgentMembers, StatusLeader};
use muster_api::views::Member;

use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::shape::Shape;
use crate::shell::Shell;
use crate::table::Table;
use crate::verb::{Refused, Verb};

#[derive(Debug, clap::Args)]
pub(crate) struct ServerMembers {
    #[command(flatten)]
    connect: ConnectArgs,
    /// Show protocol versions and tags, too
    #[arg(long)]
    verbose: bool,
    /// The older name of -verbose
    #[arg(long)]
    detailed: bool,
    #[command(flatten)]
    shape: Shape,
}

impl Verb for ServerMembers {
    const REFUSED: &'static [Refused] = &[Refused::UI];

    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let members = client.get::<AgentMembers>(&[], &[]).await;
        let mut members =
            members.map_err(|error| Failure::request("querying servers", &error))?.value.members;
        members.sort_by(|a, b| a.name.cmp(&b.name));
        if self.shape.print(shell, &members)? {
            return Ok(OK);
        }
        // Without a leader the list is all the more wanted.
        let leader = client.get::<StatusLeader>(&[], &[]).await;
        let address = leader.as_ref().map(|answer| answer.value.as_str()).unwrap_or_default();
        shell.table(&table(&members, address, self.verbose || self.detailed))?;
        match leader {
            Ok(_) => Ok(OK),
            Err(error) => Err(Failure::new(format!("\nError determining leaders: {error}"))),
        }
    }
}

fn table(members: &[Member], leader: &str, verbose: bool) -> Table {
    let mut table = match verbose {
        true => Table::new(&[
            "Name",
            "Address",
            "Port",
            "Status",
            "Leader",
            "Protocol",
            "Raft Version",
            "Build",
            "Datacenter",
            "Region",
            "Tags",
        ]),
        false => Table::new(&[
            "Name",
            "Address",
            "Port",
            "Status",
            "Leader",
            "Raft Version",
            "Build",
            "Datacenter",
            "Region",
        ]),
    };
    for member in members {
        let tag = |name: &str| member.tags.get(name).cloned().unwrap_or_default();
        let mut row =
            vec![member.name.clone(), member.addr.clone(), member.port.to_string(), member.status.clone()];
        row.push(leads(member, leader).to_string());
        if verbose {
            row.push(member.protocol_cur.to_string());
        }
        row.extend([tag("raft_vsn"), tag("build"), tag("dc"), tag("region")]);
        if verbose {
            let tags: Vec<String> = member.tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
            row.push(tags.join(","));
        }
        table.row(row);
    }
    table
}

/// The leader is known by its RPC address, whose port is a tag; an older member's is its own.
fn leads(member: &Member, leader: &str) -> bool {
    let Some((host, port)) = leader.rsplit_once(':') else { return false };
    let own_port = member.port.to_string();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let address = member.tags.get("rpc_addr").unwrap_or(&member.addr);
    (host == member.addr || host == address) && member.tags.get("port").unwrap_or(&own_port) == port
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_leader_is_found_by_its_rpc_address() {
        let member = |name: &str, rpc_port: &str| Member {
            name: name.into(),
            addr: "127.0.0.1".into(),
            port: 4648,
            status: "alive".into(),
            tags: [
                ("port", rpc_port),
                ("build", "2.0.5"),
                ("dc", "dc1"),
                ("region", "global"),
                ("raft_vsn", "3"),
            ]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into(),
            ..Member::default()
        };
        let members = [member("a.global", "4647"), member("b.global", "5647")];
        let expected = [
            "Name      Address    Port  Status  Leader  Raft Version  Build  Datacenter  Region",
            "a.global  127.0.0.1  4648  alive   false   3             2.0.5  dc1         global",
            "b.global  127.0.0.1  4648  alive   true    3             2.0.5  dc1         global",
        ];
        assert_eq!(table(&members, "127.0.0.1:5647", false).lines(), expected);
    }
}
