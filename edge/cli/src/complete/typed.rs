//! What is asked for at the end of a line.

use clap::{Arg, Command};

use crate::argv::{find, split_flag, takes_value};
use crate::command::{ROWS, Row};

/// What can stand at the cursor.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// These and nothing else.
    Words(Vec<String>),
    /// Files whose path begins like this.
    Files(String),
    Ids {
        context: Context,
        beginning: String,
        /// The connection's flags of the line, one argument each.
        connection: Vec<String>,
    },
}

/// Kinds of objects that have ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Context {
    All,
    Allocs,
    Deployments,
    Evals,
    Jobs,
    Nodes,
    NodePools,
    Namespaces,
}

impl Context {
    /// As the search calls it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Allocs => "allocs",
            Self::Deployments => "deployment",
            Self::Evals => "evals",
            Self::Jobs => "jobs",
            Self::Nodes => "nodes",
            Self::NodePools => "node_pools",
            Self::Namespaces => "namespaces",
        }
    }
}

/// Reads a line up to the cursor; its first word is the program.
pub(super) fn read(line: &str) -> Wanted {
    let mut words: Vec<&str> = line.split_whitespace().skip(1).collect();
    let current = if line.ends_with(char::is_whitespace) { "" } else { words.pop().unwrap_or_default() };
    let Some((row, count)) = row_of(&words) else { return Wanted::Words(commands(&words, current)) };
    let model = crate::parse::model(row);
    let arguments = words.get(count..).unwrap_or_default();
    let further = if arguments.is_empty() { commands(&words, current) } else { Vec::new() };
    match argument(&model, arguments, current) {
        Wanted::Words(found) => Wanted::Words(further.into_iter().chain(found).collect()),
        // A subcommand is meant rather than an object of the same name.
        _ if !further.is_empty() => Wanted::Words(further),
        wanted => wanted,
    }
}

/// The command that the words begin with, and how many of them are its name.
fn row_of(words: &[&str]) -> Option<(&'static Row, usize)> {
    let named = |row: &&Row| words.starts_with(&row.words.split(' ').collect::<Vec<_>>());
    let by_words = ROWS.iter().filter(named).max_by_key(|row| row.words.len());
    let by_words = by_words.map(|row| (row, row.words.split(' ').count()));
    let by_alias = || ROWS.iter().find(|row| row.alias.is_some() && row.alias == words.first().copied());
    by_words.or_else(|| by_alias().map(|row| (row, 1)))
}

/// The next words of commands that begin with those typed.
fn commands(words: &[&str], current: &str) -> Vec<String> {
    let names = ROWS.iter().map(|row| row.words).chain(["agent", "demo", "help"]);
    let mut found: Vec<String> = names
        .filter_map(|name| {
            let name: Vec<&str> = name.split(' ').collect();
            let next = name.strip_prefix(words)?.first()?;
            next.starts_with(current).then(|| (*next).to_owned())
        })
        .collect();
    found.sort();
    found.dedup();
    found
}

fn argument(model: &Command, typed: &[&str], current: &str) -> Wanted {
    let mut positionals = 0;
    let mut connection = Vec::new();
    let mut of_job = false;
    let mut typed = typed.iter();
    while let Some(word) = typed.next() {
        let Some((name, value)) = split_flag(word) else {
            positionals += 1;
            continue;
        };
        let flag = find(model, name);
        let value = match (value, flag) {
            (None, Some(flag)) if takes_value(flag) => match typed.next() {
                Some(value) => Some(*value),
                None => return value_of(flag, current, connection),
            },
            (value, _) => value,
        };
        of_job |= name == "job" && flag.is_some_and(|flag| !takes_value(flag));
        if flag.is_some_and(|flag| flag.get_help_heading() == Some("Connection")) {
            connection.push(value.map_or_else(|| format!("--{name}"), |value| format!("--{name}={value}")));
        }
    }
    if current.starts_with('-') {
        return Wanted::Words(flags(model, current));
    }
    let all: Vec<&Arg> = model.get_positionals().collect();
    let several = |arg: &&&Arg| arg.get_num_args().is_some_and(|range| range.max_values() > 1);
    let Some(arg) = all.get(positionals).or_else(|| all.last().filter(several)) else {
        return Wanted::Words(Vec::new());
    };
    let name = arg.get_value_names().and_then(|names| names.first()).map_or("", |name| name.as_str());
    let context = match name {
        "alloc" if of_job => Context::Jobs,
        "alloc" => Context::Allocs,
        "job" => Context::Jobs,
        "node" => Context::Nodes,
        "eval" => Context::Evals,
        "pool" => Context::NodePools,
        "namespace" => Context::Namespaces,
        "deployment" => Context::Deployments,
        "prefix" => Context::All,
        // A path within an allocation is not one of this machine.
        "path" | "file" if positionals == 0 => return Wanted::Files(current.to_owned()),
        _ => return Wanted::Words(Vec::new()),
    };
    Wanted::Ids { context, beginning: current.to_owned(), connection }
}

fn value_of(flag: &Arg, current: &str, connection: Vec<String>) -> Wanted {
    let context = match flag.get_long().unwrap_or_default() {
        "job" => Context::Jobs,
        "node-id" => Context::Nodes,
        "namespace" => Context::Namespaces,
        "ca-cert" | "ca-path" | "client-cert" | "client-key" | "var-file" => {
            return Wanted::Files(current.to_owned());
        }
        _ => {
            let values = flag.get_possible_values();
            let names = values.iter().map(|value| value.get_name().to_owned());
            return Wanted::Words(names.filter(|name| name.starts_with(current)).collect());
        }
    };
    Wanted::Ids { context, beginning: current.to_owned(), connection }
}

/// Flags as they are being typed: with one dash or two.
fn flags(model: &Command, current: &str) -> Vec<String> {
    let dashes = if current.starts_with("--") { "--" } else { "-" };
    let names = model.get_opts().filter(|arg| !arg.is_hide_set()).filter_map(Arg::get_long);
    let mut found: Vec<String> = names
        .chain(["help"])
        .map(|name| format!("{dashes}{name}"))
        .filter(|flag| flag.starts_with(current))
        .collect();
    found.sort();
    found
}
