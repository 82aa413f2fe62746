//! Names of signals. Whether a node knows one is its own matter; that it is a signal anywhere is checked here.

use muster_ids::Text;

use super::Findings;

const KNOWN: [&str; 36] = [
    "SIGABRT",
    "SIGALRM",
    "SIGBUS",
    "SIGCHLD",
    "SIGCLD",
    "SIGCONT",
    "SIGFPE",
    "SIGHUP",
    "SIGILL",
    "SIGINT",
    "SIGIO",
    "SIGIOT",
    "SIGKILL",
    "SIGNULL",
    "SIGPIPE",
    "SIGPOLL",
    "SIGPROF",
    "SIGPWR",
    "SIGQUIT",
    "SIGSEGV",
    "SIGSTKFLT",
    "SIGSTOP",
    "SIGSYS",
    "SIGTERM",
    "SIGTRAP",
    "SIGTSTP",
    "SIGTTIN",
    "SIGTTOU",
    "SIGURG",
    "SIGUSR1",
    "SIGUSR2",
    "SIGVTALRM",
    "SIGWINCH",
    "SIGXCPU",
    "SIGXFSZ",
    "SIGRTMIN",
];

/// The canonical name; what is no signal is refused. Docker images may give names as references.
pub(super) fn decide(attribute: &'static str, text: &str, found: &mut Findings) -> Text {
    let mut name = text.trim().to_ascii_uppercase();
    if !name.is_empty() && !name.starts_with("SIG") && !name.contains("${") {
        name.insert_str(0, "SIG");
    }
    let is_real_time = name.strip_prefix("SIGRTMIN+").is_some_and(|rest| rest.parse::<u8>().is_ok());
    if name.contains("${") {
        return Text::from(text);
    }
    if !name.is_empty() && !KNOWN.contains(&name.as_str()) && !is_real_time {
        found.error_in(
            attribute,
            format!("{attribute} `{text}` is not a signal; write a name such as `SIGTERM` or `SIGHUP`"),
        );
    }
    Text::from(name)
}
