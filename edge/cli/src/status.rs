//! `status`: whatever has an id that begins with what the user typed, shown by the command for its kind.

use std::collections::BTreeMap;

use muster_api::table::Search;
use muster_api::views::SearchRequest;
use muster_sdk::Client;

use crate::alloc::status::AllocStatus;
use crate::connect::ConnectArgs;
use crate::deployment::status::DeploymentStatus;
use crate::eval::status::EvalStatus;
use crate::failure::{Failure, Outcome};
use crate::job::status::JobStatus;
use crate::node::status::NodeStatus;
use crate::shell::Shell;
use crate::verb::{Refused, Verb};

#[derive(Debug, clap::Args)]
pub(crate) struct Status {
    #[command(flatten)]
    connect: ConnectArgs,
    /// Beginning of an id; the list of jobs when left out
    #[arg(value_name = "prefix")]
    prefix: Option<String>,
    /// Show whole ids and more of each
    #[arg(long)]
    verbose: bool,
}

/// Kinds of objects that can be shown, by the name that the search knows them by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Jobs,
    Allocs,
    Evals,
    Deployments,
    Nodes,
}

impl Kind {
    const ALL: [(Self, &'static str, &'static str); 5] = [
        (Self::Jobs, "jobs", "Jobs"),
        (Self::Allocs, "allocs", "Allocations"),
        (Self::Evals, "evals", "Evaluations"),
        (Self::Deployments, "deployment", "Deployments"),
        (Self::Nodes, "nodes", "Nodes"),
    ];
}

/// Ids by kind; no kind without ids.
type Found = BTreeMap<Kind, Vec<String>>;

impl Verb for Status {
    const REFUSED: &'static [Refused] = &[Refused::UI];

    async fn run(self, shell: &mut Shell) -> Outcome {
        let Some(text) = &self.prefix else {
            return JobStatus::of(self.connect, None, self.verbose).run(shell).await;
        };
        let client = self.connect.connect(shell)?;
        let (found, truncated) = search(&client, text).await?;
        let found = exact_first(found, text);
        if let Some((kind, id)) = only(&found) {
            return self.show(shell, kind, id).await;
        }
        if found.is_empty() {
            return Err(Failure::new(format!("Unable to resolve ID: \"{text}\"")));
        }
        several(shell, &found, truncated)?;
        Err(Failure::new(format!("\nMultiple matches found for id \"{text}\"")))
    }
}

impl Status {
    async fn show(self, shell: &mut Shell, kind: Kind, id: String) -> Outcome {
        let (connect, verbose) = (self.connect, self.verbose);
        match kind {
            Kind::Jobs => JobStatus::of(connect, Some(id), verbose).run(shell).await,
            Kind::Allocs => AllocStatus::of(connect, id, verbose).run(shell).await,
            Kind::Evals => EvalStatus::of(connect, id, verbose).run(shell).await,
            Kind::Deployments => DeploymentStatus::of(connect, id, verbose).run(shell).await,
            Kind::Nodes => NodeStatus::of(connect, id, verbose).run(shell).await,
        }
    }
}

/// What begins with `text`, and whether there is more than was given.
async fn search(client: &Client, text: &str) -> Result<(Found, bool), Failure> {
    let request = SearchRequest { prefix: text.to_owned(), context: "all".to_owned(), ..<_>::default() };
    let answer = client.send_json::<Search>(&[], &[], &request).await;
    let mut answer = answer.map_err(|error| Failure::request("querying search", &error))?.value;
    let mut found = Found::new();
    let mut truncated = false;
    for (kind, name, _) in Kind::ALL {
        let ids = answer.matches.remove(name).flatten().unwrap_or_default();
        if !ids.is_empty() {
            found.insert(kind, ids);
        }
        truncated |= answer.truncations.get(name).copied().unwrap_or(false);
    }
    Ok((found, truncated))
}

/// An id that was given whole means itself, whatever else begins with it.
fn exact_first(found: Found, text: &str) -> Found {
    let whole = |ids: &Vec<String>| ids.iter().filter(|id| *id == text).cloned().collect::<Vec<_>>();
    let exact: Found =
        found.iter().map(|(kind, ids)| (*kind, whole(ids))).filter(|(_, ids)| !ids.is_empty()).collect();
    if exact.is_empty() { found } else { exact }
}

fn only(found: &Found) -> Option<(Kind, String)> {
    let mut all = found.iter().flat_map(|(kind, ids)| ids.iter().map(|id| (*kind, id.clone())));
    let first = all.next()?;
    all.next().is_none().then_some(first)
}

fn several(shell: &mut Shell, found: &Found, truncated: bool) -> Result<(), Failure> {
    for (at, (kind, ids)) in found.iter().enumerate() {
        let title = Kind::ALL.iter().find(|(other, _, _)| other == kind).map_or("", |(_, _, title)| *title);
        if at > 0 {
            shell.blank()?;
        }
        shell.bold_line(title)?;
        ids.iter().try_for_each(|id| shell.line(id))?;
    }
    if truncated {
        shell.line("\nThere are more; give more of the id.")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::agent::{Agent, Reply, reply};
    use crate::testing::run;

    const NODE: &str = "ab000000-0000-4000-8000-000000000001";

    fn search(matches: &serde_json::Value) -> Reply {
        reply("POST /v1/search", 200, 0, json!({"Matches": matches, "Truncations": {"evals": true}}))
    }

    #[tokio::test]
    async fn the_only_match_is_shown_as_its_own_command_shows_it() {
        let agent = Agent::serve(vec![
            search(&json!({"nodes": [NODE], "jobs": null, "node_pools": ["all"]})),
            reply(&format!("GET /v1/nodes?prefix={NODE}"), 200, 0, json!([{"ID": NODE}])),
            reply(&format!("GET /v1/node/{NODE}"), 200, 0, json!({"ID": NODE, "Name": "n1"})),
            reply(&format!("GET /v1/node/{NODE}/allocations"), 200, 0, json!([])),
        ])
        .await;
        let (code, out, err) = run(&agent, &["status", "ab"]).await;
        assert_eq!((code, err.as_str()), (0, ""));
        assert!(out.starts_with("ID              = ab000000\nName            = n1\n"), "{out}");
        assert_eq!(agent.bodies().remove(0)["Context"], "all");
    }

    #[tokio::test]
    async fn several_matches_are_listed_by_kind() {
        let agent = Agent::serve(vec![search(&json!({"nodes": [NODE], "jobs": ["abc", "abd"]}))]).await;
        let (code, out, err) = run(&agent, &["status", "ab"]).await;
        let listed = format!("Jobs\nabc\nabd\n\nNodes\n{NODE}\n\nThere are more; give more of the id.\n");
        assert_eq!((code, out), (1, listed));
        assert_eq!(err, "\nMultiple matches found for id \"ab\"\n");
    }

    #[tokio::test]
    async fn a_whole_id_wins_and_nothing_is_said() {
        let agent = Agent::serve(vec![
            search(&json!({"jobs": ["web", "web-2"], "nodes": []})),
            reply("GET /v1/jobs?prefix=web", 500, 0, json!("asked for the job")),
        ])
        .await;
        let (_, _, err) = run(&agent, &["status", "web"]).await;
        assert!(err.contains("asked for the job"), "{err}");
        let agent = Agent::serve(vec![search(&json!({}))]).await;
        let (code, _, err) = run(&agent, &["status", "nope"]).await;
        assert_eq!((code, err.as_str()), (1, "Unable to resolve ID: \"nope\"\n"));
    }
}
