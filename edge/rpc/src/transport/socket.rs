//! Options of the TCP sockets under connections.

use std::io;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;

/// A peer that is silently gone is noticed after about a minute, whether or not anything is being sent.
const IDLE: Duration = Duration::from_secs(30);
const INTERVAL: Duration = Duration::from_secs(10);
const RETRIES: u32 = 3;

pub(crate) fn prepare(socket: &TcpStream) -> io::Result<()> {
    socket.set_nodelay(true)?;
    let keepalive = TcpKeepalive::new().with_time(IDLE).with_interval(INTERVAL).with_retries(RETRIES);
    let socket = SockRef::from(socket);
    socket.set_tcp_keepalive(&keepalive)?;
    // Keep-alive does not count while sent bytes await acknowledgement.
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(IDLE + INTERVAL * RETRIES))?;
    Ok(())
}
