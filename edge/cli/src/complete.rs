//! Shell completion: the shell runs this program with the line typed so far in `COMP_LINE`, and takes what is printed.
//!
//! ```text
//!   COMP_LINE --typed--> what is asked for --> words | files | ids, from an agent's search --> one a line
//! ```
//! Nothing is ever said about errors: they would stand in the middle of what somebody types.

pub(crate) mod install;
mod typed;

use std::path::Path;
use std::time::Duration;

use clap::{Args as _, FromArgMatches as _};
use muster_api::table::Search;
use muster_api::views::SearchRequest;

use crate::connect::ConnectArgs;
use crate::env::Env;
use crate::failure::{OK, Outcome};
use crate::shell::Shell;
use typed::{Context, Wanted};

/// Somebody waits with a finger on a key.
const PATIENCE: Duration = Duration::from_secs(2);
/// Files suggested at once.
const MAX_FILES: usize = 1000;

/// A line to complete.
#[derive(Debug)]
pub(crate) struct Completion {
    line: String,
}

impl Completion {
    /// What the shell asks, if it is a shell that started this program.
    pub(crate) fn asked(env: &Env) -> Option<Self> {
        let line = env.shell("COMP_LINE")?;
        let point = env.shell("COMP_POINT").and_then(|text| text.parse::<usize>().ok());
        let line = point.and_then(|point| line.get(..point)).unwrap_or(line);
        Some(Self { line: line.to_owned() })
    }

    pub(crate) async fn run(self, shell: &mut Shell) -> Outcome {
        let found = match typed::read(&self.line) {
            Wanted::Words(words) => words,
            Wanted::Files(beginning) => files(&beginning),
            Wanted::Ids { context, beginning, connection } => {
                let asked = ids(shell, context, &beginning, &connection);
                tokio::time::timeout(PATIENCE, asked).await.ok().flatten().unwrap_or_default()
            }
        };
        found.iter().try_for_each(|word| shell.line(word))?;
        Ok(OK)
    }
}

/// Ids that begin like this, from the agent that the line and the environment name.
async fn ids(
    shell: &mut Shell,
    context: Context,
    beginning: &str,
    connection: &[String],
) -> Option<Vec<String>> {
    let model = crate::argv::go_style(ConnectArgs::augment_args(clap::Command::new("complete")));
    let line = std::iter::once("complete").chain(connection.iter().map(String::as_str));
    let connect = ConnectArgs::from_arg_matches(&model.try_get_matches_from(line).ok()?).ok()?;
    let client = connect.connect(shell).ok()?;
    let request = SearchRequest {
        prefix: beginning.to_owned(),
        context: context.name().to_owned(),
        ..SearchRequest::default()
    };
    let found = client.send_json::<Search>(&[], &[], &request).await.ok()?.value;
    Some(found.matches.into_values().flatten().flatten().collect())
}

/// Files and directories; a directory ends with a slash, so that one can go on.
fn files(beginning: &str) -> Vec<String> {
    let (directory, name) = match beginning.rsplit_once('/') {
        Some((directory, name)) => (format!("{directory}/"), name),
        None => (String::new(), beginning),
    };
    let place = if directory.is_empty() { Path::new(".") } else { Path::new(&directory) };
    let mut found: Vec<String> = std::fs::read_dir(place)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let text = entry.file_name().into_string().ok()?;
            let hidden = text.starts_with('.') && !name.starts_with('.');
            let slash = if entry.path().is_dir() { "/" } else { "" };
            (text.starts_with(name) && !hidden).then(|| format!("{directory}{text}{slash}"))
        })
        .take(MAX_FILES)
        .collect();
    found.sort();
    found
}

#[cfg(test)]
mod tests;
