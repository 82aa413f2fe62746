//! From arguments to an invocation. Only the model of the command that is asked for is built.

use std::ffi::{OsStr, OsString};
use std::io::Write as _;
use std::path::Path;

use crate::agent::AgentFlags;
use crate::argv::{self, Rewritten};
use crate::command::{Command, ROWS, Row};
use crate::complete::Completion;
use crate::complete::install::Install;
use crate::demo::DemoFlags;
use crate::env::Env;
use crate::{agent, demo, help, unbuilt, verb, version};

/// What the user asked for.
#[expect(clippy::large_enum_variant, reason = "there is one in a process")]
#[derive(Debug)]
pub enum Invocation {
    /// Run an agent until it is told to stop.
    Agent(AgentFlags),
    /// Run an agent and a first job to look at.
    Demo(DemoFlags),
    /// Talk to a running agent: pass it to [`crate::execute`].
    Command(Command),
    /// Help, version or a usage error has been printed: exit with this code.
    Done(u8),
}

/// Reads the arguments, the program's name first.
#[must_use]
pub fn parse(args: Vec<OsString>) -> Invocation {
    if let Some(completion) = Completion::asked(&Env::of_process()) {
        return Invocation::Command(Command::complete(completion));
    }
    match read(args) {
        Read::Invocation(invocation) => invocation,
        // A reader that went away (`| head`) has seen what it wanted.
        Read::Say(text) => {
            let _ = writeln!(std::io::stdout(), "{}", text.trim_end());
            Invocation::Done(0)
        }
        Read::Refuse(text) => {
            let _ = writeln!(std::io::stderr(), "{}", text.trim_end());
            Invocation::Done(1)
        }
    }
}

/// [`parse`] before anything is printed.
#[expect(clippy::large_enum_variant, reason = "there is one in a process")]
#[derive(Debug)]
pub(crate) enum Read {
    Invocation(Invocation),
    /// Help or version: exit code 0.
    Say(String),
    /// A usage error: exit code 1.
    Refuse(String),
}

/// Of a command's name, such as `operator root keyring list`.
const MOST_WORDS: usize = 4;

pub(crate) fn read(args: Vec<OsString>) -> Read {
    let mut args = args.into_iter();
    let program = program_name(args.next().as_deref());
    let args: Vec<OsString> = args.collect();
    let words = args.iter().map_while(|arg| arg.to_str().filter(|text| !text.starts_with('-')));
    let words: Vec<&str> = words.take(MOST_WORDS).collect();
    let after = |count: usize| args.iter().skip(count).cloned();
    match words.first().copied() {
        None => without_command(&program, &args),
        Some("agent") => plain(&program, "agent", agent::model(), after(1), |matches| {
            AgentFlags::from_matches(matches).map(Invocation::Agent)
        }),
        Some("demo") => plain(&program, "demo", demo::model(), after(1), |matches| {
            Ok(Invocation::Demo(DemoFlags::from_matches(matches)))
        }),
        Some("help") => Read::Say(help::overview(&program)),
        Some(_) => match find(&words) {
            Some((row, count)) => command(&program, row, after(count)),
            None => no_such_command(&program, &words, &args),
        },
    }
}

/// Called under another product's name by a link, the program answers to it.
pub(crate) fn program_name(first: Option<&OsStr>) -> String {
    let stem = first.and_then(|path| Path::new(path).file_stem()?.to_str().map(str::to_owned));
    stem.unwrap_or_else(|| "muster".to_owned())
}

fn without_command(program: &str, args: &[OsString]) -> Read {
    match args.first().and_then(|arg| arg.to_str()) {
        Some("-v" | "-version" | "--version") => Read::Say(version::text(program)),
        Some("-h" | "-help" | "--help") => Read::Say(help::overview(program)),
        Some(flag) if let Some(install) = Install::of_flag(flag) => {
            Read::Invocation(Invocation::Command(Command::install(install)))
        }
        Some(other) => Read::Refuse(format!(
            "unknown flag `{other}`: name a command first\n\n{}",
            help::overview(program)
        )),
        None => Read::Refuse(help::overview(program)),
    }
}

/// The row that the most words name, and how many they are.
fn find(words: &[&str]) -> Option<(&'static Row, usize)> {
    (1..=words.len()).rev().find_map(|count| {
        let name = words.get(..count)?.join(" ");
        let named = |row: &&Row| row.words == name || (count == 1 && row.alias == Some(name.as_str()));
        ROWS.iter().find(named).map(|row| (row, count))
    })
}

fn no_such_command(program: &str, words: &[&str], args: &[OsString]) -> Read {
    let Some(first) = words.first() else { return Read::Refuse(help::overview(program)) };
    let second = words.get(1);
    let group = help::group(program, first);
    let of_group = || unbuilt::group(first).filter(|_| group.is_none());
    if let Some(text) = unbuilt::command(words).or_else(of_group) {
        let group = group.map(|group| format!("\n\n{group}"));
        let others = group.unwrap_or_else(|| format!(": `{program} help` lists the commands there are"));
        return Read::Refuse(format!("{text}{others}"));
    }
    match (group, second) {
        (Some(group), None)
            if args.iter().any(|arg| matches!(arg.to_str(), Some("-h" | "-help" | "--help"))) =>
        {
            Read::Say(group)
        }
        (Some(group), None) => Read::Refuse(group),
        (Some(group), Some(second)) => Read::Refuse(format!("unknown command `{first} {second}`\n\n{group}")),
        (None, _) => Read::Refuse(format!("unknown command `{first}`\n\n{}", help::overview(program))),
    }
}

/// The clap model of a command, with Go's habits.
pub(crate) fn model(row: &Row) -> clap::Command {
    let refused = row.refused.iter().map(|flag| flag.arg());
    argv::go_style((row.augment)(clap::Command::new(row.words).about(row.about)).args(refused))
}

fn command(program: &str, row: &'static Row, args: impl Iterator<Item = OsString>) -> Read {
    plain(program, row.words, model(row), args, |matches| {
        if let Some(message) = verb::refusal(row.refused, matches) {
            return Err(message);
        }
        (row.read)(matches).map(Invocation::Command).map_err(|error| help::usage_error(&error))
    })
}

fn plain(
    program: &str,
    words: &str,
    mut model: clap::Command,
    args: impl Iterator<Item = OsString>,
    read: impl Fn(&clap::ArgMatches) -> Result<Invocation, String>,
) -> Read {
    let args = match argv::rewrite(&model, args) {
        Rewritten::Help => return Read::Say(help::command(program, words, &model)),
        Rewritten::Args(args) => args,
    };
    let matches = model.try_get_matches_from_mut(std::iter::once(OsString::from(program)).chain(args));
    match matches.map_err(|error| help::usage_error(&error)).and_then(|matches| read(&matches)) {
        Ok(invocation) => Read::Invocation(invocation),
        Err(message) => {
            let usage = help::usage(program, words, &model);
            Read::Refuse(format!("{message}\n\n{usage}\nSee `{program} {words} -help`."))
        }
    }
}

#[cfg(test)]
mod tests;
