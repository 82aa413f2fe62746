//! Help texts and usage errors, from the same models that parse.

use std::fmt::Write as _;

use clap::error::{ContextKind, ErrorKind};
use clap::{Arg, Command};

use crate::command::ROWS;

/// `Usage: muster job run [options] <path>`
pub(crate) fn usage(program: &str, words: &str, model: &Command) -> String {
    let positionals: String = model.get_positionals().map(|arg| format!(" {}", positional(arg))).collect();
    format!("Usage: {program} {words} [options]{positionals}")
}

fn positional(arg: &Arg) -> String {
    let name = value_name(arg).unwrap_or_else(|| arg.get_id().to_string());
    let more = if arg.get_num_args().is_some_and(|range| range.max_values() > 1) { "..." } else { "" };
    if arg.is_required_set() { format!("<{name}>{more}") } else { format!("[{name}]{more}") }
}

fn value_name(arg: &Arg) -> Option<String> {
    Some(arg.get_value_names()?.first()?.to_string())
}

/// All that there is to say about one command.
pub(crate) fn command(program: &str, words: &str, model: &Command) -> String {
    let mut text = usage(program, words, model);
    if let Some(about) = model.get_about() {
        let _ = write!(text, "\n\n  {about}");
    }
    let mut groups: Vec<(String, Vec<&Arg>)> = Vec::new();
    for arg in model.get_opts().filter(|arg| !arg.is_hide_set()) {
        let heading = arg.get_help_heading().unwrap_or("Options").to_owned();
        match groups.iter_mut().find(|(name, _)| *name == heading) {
            Some((_, args)) => args.push(arg),
            None => groups.push((heading, vec![arg])),
        }
    }
    // What is special to the command is read first.
    groups.sort_by_key(|(name, _)| name != "Options");
    for (heading, args) in groups {
        let _ = write!(text, "\n\n{heading}:\n");
        for arg in args {
            let _ = write!(text, "\n  {}", option(arg));
            if let Some(help) = arg.get_help() {
                let _ = write!(text, "\n    {help}");
            }
        }
    }
    text
}

fn option(arg: &Arg) -> String {
    let name = arg.get_long().unwrap_or_default();
    match value_name(arg).filter(|_| arg.get_action().takes_values() && !arg.is_require_equals_set()) {
        Some(value) => format!("-{name}=<{}>", value.to_lowercase()),
        None => format!("-{name}"),
    }
}

/// The list of commands.
pub(crate) fn overview(program: &str) -> String {
    let mut text = format!("Usage: {program} <command> [options] [args]\n\nCommands:\n");
    let own = [
        ("agent", "Run an agent: server, client or both."),
        ("demo", "Run an agent with a first job to look at."),
    ];
    list(&mut text, own.into_iter().chain(ROWS.iter().map(|row| (row.words, row.about))));
    let _ = write!(text, "\n\nYour shell completes all of this after `{program} -autocomplete-install`.");
    text
}

/// The commands that begin with `first`, if there are any.
pub(crate) fn group(program: &str, first: &str) -> Option<String> {
    let rows: Vec<_> = ROWS.iter().filter(|row| row.words.split(' ').next() == Some(first)).collect();
    if rows.is_empty() {
        return None;
    }
    let mut text = format!("Usage: {program} {first} <subcommand> [options] [args]\n\nCommands:\n");
    list(&mut text, rows.into_iter().map(|row| (row.words, row.about)));
    Some(text)
}

fn list<'a>(text: &mut String, rows: impl Iterator<Item = (&'a str, &'a str)>) {
    let mut rows: Vec<_> = rows.collect();
    rows.sort_unstable();
    let width = rows.iter().map(|(words, _)| words.len()).max().unwrap_or(0) + 2;
    for (words, about) in rows {
        let _ = write!(text, "\n  {words:width$}{about}");
    }
}

/// clap's finding in the words and the spelling of our flags.
pub(crate) fn usage_error(error: &clap::Error) -> String {
    let context = |kind| error.get(kind).map(ToString::to_string);
    let argument = context(ContextKind::InvalidArg).map(|text| single_dash(&text)).unwrap_or_default();
    match error.kind() {
        ErrorKind::UnknownArgument => {
            let what = if argument.starts_with('-') { "unknown flag" } else { "unexpected argument" };
            let hint = context(ContextKind::SuggestedArg)
                .map(|close| format!("; did you mean `{}`?", single_dash(&close)));
            format!("{what} `{argument}`{}", hint.unwrap_or_default())
        }
        ErrorKind::MissingRequiredArgument => format!("missing argument: {argument}"),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            let value = context(ContextKind::InvalidValue).unwrap_or_default();
            let reason = std::error::Error::source(error).map(|source| format!(": {source}"));
            match value.is_empty() {
                true => format!("`{argument}` needs a value"),
                false => format!("invalid value `{value}` for `{argument}`{}", reason.unwrap_or_default()),
            }
        }
        _ => format!("cannot read the arguments: {}", error.kind()),
    }
}

/// `--name <NAME>` as `-name`.
fn single_dash(argument: &str) -> String {
    match argument.strip_prefix("--") {
        Some(name) => format!("-{}", name.split([' ', '=', '[']).next().unwrap_or(name)),
        None => argument.to_owned(),
    }
}
