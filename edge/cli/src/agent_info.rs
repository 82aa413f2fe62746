//! `agent-info`: what an agent says of itself.

use muster_api::table::AgentSelfRead;
use muster_api::views::AgentSelf;

use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::shape::Shape;
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct AgentInfo {
    #[command(flatten)]
    connect: ConnectArgs,
    #[command(flatten)]
    shape: Shape,
}

impl Verb for AgentInfo {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let answer = client.get::<AgentSelfRead>(&[], &[]).await;
        let info = answer.map_err(|error| Failure::request("querying agent info", &error))?.value;
        if !self.shape.print(shell, &info)? {
            lines(&info).iter().try_for_each(|line| shell.line(line))?;
        }
        Ok(OK)
    }
}

/// Each part of the statistics, its keys in order.
fn lines(info: &AgentSelf) -> Vec<String> {
    let part = |(name, pairs): (&String, &std::collections::BTreeMap<String, String>)| {
        let pairs = pairs.iter().map(|(key, value)| format!("  {key} = {value}"));
        std::iter::once(name.clone()).chain(pairs).collect::<Vec<_>>()
    };
    info.stats.iter().flat_map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_headings_with_pairs_below() {
        let pairs = [("leader".to_owned(), "true".to_owned())].into();
        let info = AgentSelf { stats: [("nomad".to_owned(), pairs)].into(), ..AgentSelf::default() };
        assert_eq!(lines(&info), ["nomad", "  leader = true"]);
    }
}
