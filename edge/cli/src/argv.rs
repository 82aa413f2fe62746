//! Go-style flags for clap: `-name`, `-name=value`, `-name value` with one or two dashes, anywhere on the line, or, where
//! the arguments are a command with flags of its own, before the first argument.
//!
//! The rewriting follows the clap command's own list of options, so that there is one place where flags are
//! declared. Invariant: after it every option is one argument, `--name` or `--name=value`, and everything else keeps
//! its bytes and order.

use std::ffi::{OsStr, OsString};

use clap::builder::ValueParser;
use clap::{Arg, ArgAction, Command};

/// What the arguments came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Rewritten {
    Args(Vec<OsString>),
    Help,
}

/// Gives a clap command Go's habits: switches take `=true` and `=false`, and of a repeated flag the last one counts.
pub(crate) fn go_style(command: Command) -> Command {
    command.disable_help_flag(true).disable_version_flag(true).args_override_self(true).mut_args(|arg| {
        match arg.get_action() {
            ArgAction::SetTrue => arg
                .action(ArgAction::Set)
                .num_args(0..=1)
                .require_equals(true)
                .default_missing_value("true")
                .default_value("false")
                .value_parser(ValueParser::new(go_bool)),
            _ => arg,
        }
    })
}

pub(crate) fn go_bool(text: &str) -> Result<bool, String> {
    parse_bool(text).ok_or_else(|| "use `true` or `false`".to_owned())
}

/// The spellings that Go's `ParseBool` knows.
pub(crate) fn parse_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

/// Rewrites what follows the command's words.
pub(crate) fn rewrite(command: &Command, args: impl IntoIterator<Item = OsString>) -> Rewritten {
    let mut out = Vec::new();
    let mut args = args.into_iter();
    let carries_a_command = command.get_positionals().any(Arg::is_trailing_var_arg_set);
    while let Some(arg) = args.next() {
        let Some((name, value)) = split(&arg) else {
            // Flags after the first argument are those of the command that is carried.
            let ends_flags = arg == "--" || carries_a_command;
            if carries_a_command && arg != "--" {
                out.push("--".into());
            }
            out.push(arg);
            if ends_flags {
                out.extend(args);
                break;
            }
            continue;
        };
        let option = find(command, name);
        if option.is_none() && matches!(name, "h" | "help") {
            return Rewritten::Help;
        }
        let value = match value {
            Some(value) => Some(OsString::from(value)),
            None if option.is_some_and(takes_value) => args.next(),
            None => None,
        };
        out.push(long(name, value.as_deref()));
    }
    Rewritten::Args(out)
}

/// Name and value of a flag; `None` for whatever is not one.
fn split(arg: &OsStr) -> Option<(&str, Option<&str>)> {
    split_flag(arg.to_str()?)
}

/// As [`split`], of text.
pub(crate) fn split_flag(text: &str) -> Option<(&str, Option<&str>)> {
    let name = text.strip_prefix("--").or_else(|| text.strip_prefix('-'))?;
    if name.is_empty() || name.starts_with(['-', '=']) {
        return None;
    }
    Some(name.split_once('=').map_or((name, None), |(name, value)| (name, Some(value))))
}

pub(crate) fn find<'a>(command: &'a Command, name: &str) -> Option<&'a Arg> {
    command.get_arguments().find(|arg| {
        arg.get_long() == Some(name) || arg.get_all_aliases().is_some_and(|aliases| aliases.contains(&name))
    })
}

pub(crate) fn takes_value(arg: &Arg) -> bool {
    arg.get_action().takes_values() && !arg.is_require_equals_set()
}

fn long(name: &str, value: Option<&OsStr>) -> OsString {
    let mut text = OsString::from(format!("--{name}"));
    if let Some(value) = value {
        text.push("=");
        text.push(value);
    }
    text
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use proptest::prelude::*;

    fn model() -> Command {
        let switch = |name: &'static str| Arg::new(name).long(name).action(ArgAction::SetTrue);
        let text = |name: &'static str| Arg::new(name).long(name).action(ArgAction::Set);
        go_style(
            Command::new("x")
                .arg(switch("json"))
                .arg(switch("detach"))
                .arg(text("address"))
                .arg(text("var").action(ArgAction::Append))
                .arg(Arg::new("path").num_args(0..)),
        )
    }

    #[derive(Debug, Default, PartialEq)]
    struct Read {
        json: bool,
        detach: bool,
        address: Option<String>,
        vars: Vec<String>,
        paths: Vec<String>,
    }

    fn read(args: &[String]) -> Read {
        let Rewritten::Args(args) = rewrite(&model(), args.iter().map(OsString::from)) else {
            unreachable!()
        };
        let name = OsString::from("x");
        let found = model().try_get_matches_from(std::iter::once(name).chain(args)).unwrap();
        let list = |name| found.get_many::<String>(name).into_iter().flatten().cloned().collect();
        Read {
            json: found.get_flag("json"),
            detach: found.get_flag("detach"),
            address: found.get_one::<String>("address").cloned(),
            vars: list("var"),
            paths: list("path"),
        }
    }

    #[derive(Debug, Clone)]
    enum Piece {
        Json(Option<bool>),
        Detach(Option<bool>),
        Address(String, bool),
        Var(String, bool),
        Path(String),
    }

    fn piece() -> impl Strategy<Value = Piece> {
        let value = "[-a-z0-9=: ]{0,6}";
        prop_oneof![
            any::<Option<bool>>().prop_map(Piece::Json),
            any::<Option<bool>>().prop_map(Piece::Detach),
            (value, any::<bool>()).prop_map(|(v, split)| Piece::Address(v, split)),
            (value, any::<bool>()).prop_map(|(v, split)| Piece::Var(v, split)),
            "([a-z][-a-z=]{0,5})|-".prop_map(Piece::Path),
        ]
    }

    fn write(piece: &Piece, dashes: &str) -> Vec<String> {
        let switch = |name: &str, on: &Option<bool>| {
            vec![on.map_or(format!("{dashes}{name}"), |on| format!("{dashes}{name}={on}"))]
        };
        let text = |name: &str, value: &str, split: bool| match split {
            true => vec![format!("{dashes}{name}"), value.to_owned()],
            false => vec![format!("{dashes}{name}={value}")],
        };
        match piece {
            Piece::Json(on) => switch("json", on),
            Piece::Detach(on) => switch("detach", on),
            Piece::Address(value, split) => text("address", value, *split),
            Piece::Var(value, split) => text("var", value, *split),
            Piece::Path(path) => vec![path.clone()],
        }
    }

    fn expected(pieces: &[Piece]) -> Read {
        let mut read = Read::default();
        for piece in pieces.iter().cloned() {
            match piece {
                Piece::Json(on) => read.json = on.unwrap_or(true),
                Piece::Detach(on) => read.detach = on.unwrap_or(true),
                Piece::Address(value, _) => read.address = Some(value),
                Piece::Var(value, _) => read.vars.push(value),
                Piece::Path(path) => read.paths.push(path),
            }
        }
        read
    }

    proptest! {
        #[test]
        fn any_mixture_in_any_order_reads_as_go_reads_it(
            pieces in prop::collection::vec((piece(), prop_oneof![Just("-"), Just("--")]), 0..8),
        ) {
            let args: Vec<String> = pieces.iter().flat_map(|(piece, dashes)| write(piece, dashes)).collect();
            let pieces: Vec<Piece> = pieces.into_iter().map(|(piece, _)| piece).collect();
            prop_assert_eq!(read(&args), expected(&pieces), "{:?}", args);
        }
    }

    #[test]
    fn everything_after_two_dashes_is_left_alone() {
        let read = read(&["--".to_owned(), "-json".to_owned()]);
        assert_eq!(read, Read { paths: vec!["-json".to_owned()], ..Read::default() });
    }

    #[test]
    fn help_is_seen_wherever_it_stands_but_not_as_a_value() {
        let rewritten = |args: &[&str]| rewrite(&model(), args.iter().map(OsString::from));
        assert_eq!(rewritten(&["web", "-h"]), Rewritten::Help);
        assert_eq!(rewritten(&["--help"]), Rewritten::Help);
        assert_eq!(rewritten(&["-var", "-help"]), Rewritten::Args(vec!["--var=-help".into()]));
    }
}
