//! What one connection and one listener may take.

use std::time::Duration;

/// Streams are counted by each side for what it opens; the receiving side tolerates twice that, because it may still
/// be busy with streams that the opener has already given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Streams of any kind that this side has open at once; further ones wait. 1 to 1,024.
    pub max_streams: u16,
    /// Calls among them that await their reply; further ones wait. 1 to 200, below the number of unanswered streams
    /// at which yamux stalls.
    pub max_calls: u16,
    /// Largest frame sent or received.
    pub max_frame_bytes: u32,
    /// Time for TCP, TLS and hello together.
    pub handshake_timeout: Duration,
    /// Time a peer has to send the request of a stream it opened, and to take a reply.
    pub request_timeout: Duration,
    /// Connections a listener holds at once; further ones are refused with a reason.
    pub max_connections: u32,
    /// Handshakes a listener carries out at once; further ones wait unaccepted.
    pub max_handshakes: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_streams: 256,
            max_calls: 128,
            max_frame_bytes: 16 << 20,
            handshake_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(30),
            max_connections: 16_000,
            max_handshakes: 256,
        }
    }
}

/// Each stream's receive window: yamux's minimum, and here also its maximum.
const WINDOW_BYTES: usize = yamux::DEFAULT_CREDIT as usize;

/// The most one stream sends before others have their turn: a piece of a log with what surrounds it.
const SPLIT_BYTES: usize = 72 << 10;

impl Limits {
    pub(crate) fn streams(&self) -> usize {
        usize::from(self.max_streams.clamp(1, 1024))
    }

    pub(crate) fn calls(&self) -> usize {
        usize::from(self.max_calls.clamp(1, 200))
    }

    /// Streams of the peer that are served at once; what is beyond is reset.
    pub(crate) fn inbound_streams(&self) -> usize {
        self.streams() * 2
    }

    /// Larger than any size a frame on a 32-bit header can have is pointless.
    pub(crate) fn frame(&self) -> usize {
        usize::try_from(self.max_frame_bytes).unwrap_or(usize::MAX)
    }

    /// Bytes of requests that are being received and not yet decoded, over all streams of a connection.
    pub(crate) fn receive_budget(&self) -> u32 {
        self.max_frame_bytes.saturating_mul(2)
    }

    /// The hard limits: a peer that opens more streams than this is cut off. The windows add up to the connection's
    /// limit, so that no window ever grows.
    pub(crate) fn yamux(&self) -> yamux::Config {
        let streams = self.inbound_streams() * 2;
        let mut config = yamux::Config::default();
        config.set_split_send_size(SPLIT_BYTES);
        // Unlimited in between: each setter checks the other's value.
        config.set_max_connection_receive_window(None);
        config.set_max_num_streams(streams);
        config.set_max_connection_receive_window(Some(streams * WINDOW_BYTES));
        config
    }
}
