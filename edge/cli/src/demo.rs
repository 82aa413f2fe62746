//! Flags of `demo`: an agent on loopback that runs a first job.

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

/// What `demo` was asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DemoFlags {
    /// Exit once the demo job has finished, instead of serving until interrupted.
    pub no_stay: bool,
    /// Port of the HTTP API; the agent's own default when absent.
    pub http_port: Option<u16>,
}

pub(crate) fn model() -> Command {
    let no_stay = Arg::new("no-stay").long("no-stay").action(ArgAction::SetTrue);
    let http_port =
        Arg::new("http-port").long("http-port").value_name("PORT").value_parser(value_parser!(u16));
    crate::argv::go_style(
        Command::new("demo")
            .about("Run an agent on loopback with a first job to look at.")
            .arg(no_stay.help("Exit once the demo job has finished"))
            .arg(http_port.help("Port of the HTTP API")),
    )
}

impl DemoFlags {
    pub(crate) fn from_matches(matches: &ArgMatches) -> Self {
        Self { no_stay: matches.get_flag("no-stay"), http_port: matches.get_one("http-port").copied() }
    }
}
