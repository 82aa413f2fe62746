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

/// A known flag that cannot be honoured yet, and why.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Refused {
    name: &'static str,
    takes_value: bool,
    why: &'static str,
}

impl Refused {
    /// Shared by every command that could show something in a browser.
    pub(crate) const UI: Self = Self::switch("ui", "there is no web interface yet");
    pub(crate) const POLICY_OVERRIDE: Self =
        Self::switch("policy-override", "there are no Sentinel policies to override");
    pub(crate) const VAULT_NAMESPACE: Self =
        Self::value("vault-namespace", "there is no Vault integration yet");

    /// Refused unless given as `=false`, which is the default.
    pub(crate) const fn switch(name: &'static str, why: &'static str) -> Self {
        Self { name, takes_value: false, why }
    }

    pub(crate) const fn value(name: &'static str, why: &'static str) -> Self {
        Self { name, takes_value: true, why }
    }

    pub(crate) fn arg(self) -> Arg {
        let action = if self.takes_value { ArgAction::Append } else { ArgAction::SetTrue };
        Arg::new(self.name).long(self.name).action(action).hide(true)
    }

    fn given(self, matches: &ArgMatches) -> bool {
        let by_user = matches.value_source(self.name) == Some(ValueSource::CommandLine);
        by_user && (self.takes_value || matches.get_flag(self.name))
    }
}

/// The message about a refused flag, if one was given.
pub(crate) fn refusal(refused: &[Refused], matches: &ArgMatches) -> Option<String> {
    let Refused { name, why, .. } = refused.iter().find(|flag| flag.given(matches))?;
    Some(format!("`-{name}` is not supported by this version of muster: {why}"))
}
