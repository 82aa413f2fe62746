//! The log in the system's log, over its socket.

use super::{Level, Sink};

/// A connection to `/dev/log`.
#[derive(Debug)]
pub struct Syslog {
    #[cfg(unix)]
    socket: std::os::unix::net::UnixDatagram,
    facility: u8,
}

const FACILITIES: [&str; 24] = [
    "KERN", "USER", "MAIL", "DAEMON", "AUTH", "SYSLOG", "LPR", "NEWS", "UUCP", "CRON", "AUTHPRIV", "FTP",
    "NTP", "AUDIT", "ALERT", "CLOCK", "LOCAL0", "LOCAL1", "LOCAL2", "LOCAL3", "LOCAL4", "LOCAL5", "LOCAL6",
    "LOCAL7",
];

impl Syslog {
    /// # Errors
    /// When the facility is unknown or nobody listens.
    #[cfg(unix)]
    pub fn connect(facility: &str) -> Result<Self, String> {
        let facility = number(facility)?;
        let socket = std::os::unix::net::UnixDatagram::unbound().and_then(|socket| {
            socket.connect("/dev/log")?;
            socket.set_nonblocking(true)?;
            Ok(socket)
        });
        let socket =
            socket.map_err(|error| format!("the system log at `/dev/log` cannot be reached: {error}"))?;
        Ok(Self { socket, facility })
    }

    /// # Errors
    /// Always: this system has no such log.
    #[cfg(not(unix))]
    pub fn connect(facility: &str) -> Result<Self, String> {
        number(facility)?;
        Err("this system has no syslog".to_owned())
    }
}

fn number(facility: &str) -> Result<u8, String> {
    let upper = facility.to_ascii_uppercase();
    let found = FACILITIES.iter().position(|name| *name == upper).and_then(|at| u8::try_from(at).ok());
    found.ok_or_else(|| format!("`{facility}` is not a syslog facility; use one such as LOCAL0 or DAEMON"))
}

/// Facility and severity in one number, as RFC 3164 has it.
const fn priority(facility: u8, level: Level) -> u8 {
    facility * 8
        + match level {
            Level::Error | Level::Off => 3,
            Level::Warn => 4,
            Level::Info => 6,
            Level::Debug | Level::Trace => 7,
        }
}

impl Sink for Syslog {
    fn write(&mut self, level: Level, line: &str) {
        let message = format!("<{}>nomad[{}]: {line}", priority(self.facility, level), std::process::id());
        #[cfg(unix)]
        {
            // A system log that does not keep up must not hold up the agent.
            let _lost = self.socket.send(message.as_bytes());
        }
        #[cfg(not(unix))]
        drop(message);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn priorities_are_those_of_the_standard() {
        assert_eq!(number("local0"), Ok(16));
        assert_eq!(priority(16, Level::Info), 134);
        assert_eq!(priority(3, Level::Error), 27);
        assert!(number("LOCAL9").is_err());
    }
}
