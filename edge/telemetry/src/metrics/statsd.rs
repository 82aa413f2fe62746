//! Metrics over UDP, as they are recorded: plain statsd, or with tags as the Datadog agent reads them.

use std::net::UdpSocket;

use super::{Kind, Series};

/// How labels travel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatsdFormat {
    /// Their values become parts of the name.
    Plain,
    /// As tags, with these in addition.
    Tags(Vec<String>),
}

/// A sink. What it cannot take at once is lost, as is usual with statsd.
#[derive(Debug)]
pub struct Statsd {
    socket: UdpSocket,
    format: StatsdFormat,
}

impl Statsd {
    /// # Errors
    /// When the address cannot be resolved.
    pub fn connect(address: &str, format: StatsdFormat) -> std::io::Result<Self> {
        let target = std::net::ToSocketAddrs::to_socket_addrs(address)?.next();
        let target = target.ok_or_else(|| std::io::Error::other("the name leads to no address"))?;
        let local = if target.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
        let socket = UdpSocket::bind(local)?;
        socket.connect(target)?;
        socket.set_nonblocking(true)?;
        Ok(Self { socket, format })
    }

    pub(super) fn send(&self, series: &Series, value: f64) {
        let _lost = self.socket.send(packet(&self.format, series, value).as_bytes());
    }
}

fn packet(format: &StatsdFormat, series: &Series, value: f64) -> String {
    let unit = match series.name.kind {
        Kind::Gauge => "g",
        Kind::Counter => "c",
        Kind::Sample => "ms",
    };
    match format {
        StatsdFormat::Plain => {
            let parts = series.labels.iter().map(|(_, value)| format!(".{}", clean(value)));
            let name: String = std::iter::once(series.name.text.to_owned()).chain(parts).collect();
            format!("{name}:{value}|{unit}\n")
        }
        StatsdFormat::Tags(more) => {
            let labels = series
                .labels
                .iter()
                .map(|(key, value)| format!("{key}:{}", value.replace([',', '|', '\n'], "_")));
            let tags: Vec<String> = labels.chain(more.iter().cloned()).collect();
            let tags = if tags.is_empty() { String::new() } else { format!("|#{}", tags.join(",")) };
            format!("{}:{value}|{unit}{tags}", series.name.text)
        }
    }
}

/// What separates the parts of a packet cannot be in one.
fn clean(value: &str) -> String {
    value.replace([':', ' ', '|', '@', '\n', '.'], "_")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::names;

    #[test]
    fn labels_are_parts_of_the_name_or_tags() {
        let series = Series {
            name: names::RAFT_APPLY,
            labels: vec![("host".into(), "a.b".into()), ("job".into(), "x y".into())],
        };
        assert_eq!(packet(&StatsdFormat::Plain, &series, 2.0), "nomad.raft.apply.a_b.x_y:2|c\n");
        let tags = StatsdFormat::Tags(vec!["env:prod".into()]);
        assert_eq!(packet(&tags, &series, 2.0), "nomad.raft.apply:2|c|#host:a.b,job:x y,env:prod");
    }

    #[test]
    fn values_arrive() {
        let receiver = UdpSocket::bind("127.0.0.1:0").unwrap_or_else(|error| unreachable!("{error}"));
        let address = receiver.local_addr().map(|address| address.to_string()).unwrap_or_default();
        let sink = Statsd::connect(&address, StatsdFormat::Plain).ok();
        let config =
            crate::metrics::MetricsConfig { sinks: sink.into_iter().collect(), ..Default::default() };
        crate::Metrics::new(config).count(names::RAFT_APPLY, &[], 1.0);
        let mut bytes = [0; 100];
        let length = receiver.recv(&mut bytes).unwrap_or(0);
        assert_eq!(bytes.get(..length), Some(b"nomad.raft.apply:1|c\n".as_slice()));
    }
}
