//! What a command consists of: flags that clap reads, flags of the contract that are refused, and a `run`.

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches};

use crate::failure::Outcome;
use crate::shell::Shell;

/// One command. Its fields are its flags.
pub(crate) trait Verb: clap::Args {
    /// Flags of the contract that this version cannot honour: known, and refused rather than ignored.
    const REFUSED: &'static [Refused] = &[];

    async fn run(self, shell: &mut Shell) -> Outcome;
}

/// A known flag that cannot be honoured yet.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Refused {
    /// Refused unless given as `=false`, which is the default.
    Switch(&'static str),
    Value(&'static str),
}

impl Refused {
    const fn name(self) -> &'static str {
        match self {
            Self::Switch(name) | Self::Value(name) => name,
        }
    }

    pub(crate) fn arg(self) -> Arg {
        let action = match self {
            Self::Switch(_) => ArgAction::SetTrue,
            Self::Value(_) => ArgAction::Append,
        };
        Arg::new(self.name()).long(self.name()).action(action).hide(true)
    }

    fn given(self, matches: &ArgMatches) -> bool {
        let by_user = matches.value_source(self.name()) == Some(ValueSource::CommandLine);
        match self {
            Self::Switch(name) => by_user && matches.get_flag(name),
            Self::Value(_) => by_user,
        }
    }
}

/// Flags of every connected command that are not offered yet.
pub(crate) const CONNECTION: &[Refused] = &[Refused::Value("ca-path"), Refused::Value("tls-server-name")];

/// The message about a refused flag, if one was given.
pub(crate) fn refusal(refused: &[Refused], matches: &ArgMatches) -> Option<String> {
    let given = refused.iter().chain(CONNECTION).find(|flag| flag.given(matches))?;
    Some(format!("`-{}` is not supported by this version of muster: leave it out", given.name()))
}
