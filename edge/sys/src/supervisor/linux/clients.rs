//! Connections of agents. A client can neither slow the task nor grow the supervisor: requests are tiny, replies fit
//! the socket's buffer, and there are only so many places.

use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};

use super::super::protocol::{HEADER, MAX_REQUEST, Reply, Request};
use super::connection::check_peer;

const MAX_CLIENTS: usize = 32;
const MAX_FRAME: usize = HEADER + MAX_REQUEST;

pub struct Client {
    stream: UnixStream,
    buffer: [u8; MAX_FRAME],
    filled: usize,
    /// Wants to hear how the task ends.
    pub waiting: bool,
    open: bool,
}

#[derive(Default)]
pub struct Clients(Vec<Client>);

impl Clients {
    pub fn accept(&mut self, listener: &UnixListener) {
        while let Ok((stream, _)) = listener.accept() {
            // Dropping the stream refuses: others' connections, and more than there is room for.
            if self.0.len() < MAX_CLIENTS
                && check_peer(&stream).is_ok()
                && stream.set_nonblocking(true).is_ok()
            {
                self.0.push(Client { stream, buffer: [0; MAX_FRAME], filled: 0, waiting: false, open: true });
            }
        }
    }

    pub fn streams(&self) -> impl Iterator<Item = &UnixStream> {
        self.0.iter().map(|client| &client.stream)
    }

    pub fn get(&mut self, at: usize) -> Option<&mut Client> {
        self.0.get_mut(at)
    }

    /// Gives every waiting client its answer.
    pub fn tell_waiting(&mut self, reply: &Reply) {
        for client in self.0.iter_mut().filter(|client| client.waiting) {
            client.reply(reply);
            client.waiting = false;
        }
    }

    pub fn drop_closed(&mut self) {
        self.0.retain(|client| client.open);
    }
}

impl Client {
    /// Reads what is there. One request at a time: the next is read when the caller asks again.
    pub fn next_request(&mut self) -> Option<Request> {
        if let Some(request) = self.parse() {
            return Some(request);
        }
        let space = self.buffer.get_mut(self.filled..).unwrap_or_default();
        match self.stream.read(space) {
            Ok(0) => self.open = false,
            Ok(n) => self.filled += n,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
            Err(_) => self.open = false,
        }
        self.parse()
    }

    /// Lets go of the connection without closing it: it is somebody else's from now on.
    pub fn give_away(&mut self) -> io::Result<UnixStream> {
        self.open = false;
        self.stream.try_clone()
    }

    /// What does not fit the socket's buffer was never read: such a client is dropped.
    pub fn reply(&mut self, reply: &Reply) {
        self.open &= self.stream.write_all(&reply.to_frame()).is_ok();
    }

    fn parse(&mut self) -> Option<Request> {
        let (header, rest) = self.buffer.get(..self.filled)?.split_first_chunk::<HEADER>()?;
        let len = u32::from_le_bytes(*header) as usize;
        if len > MAX_REQUEST {
            self.refuse(format!("a request of {len} bytes is longer than {MAX_REQUEST}"));
            return None;
        }
        let parsed = Request::from_body(rest.get(..len)?);
        self.buffer.copy_within(HEADER + len..self.filled, 0);
        self.filled -= HEADER + len;
        parsed.map_err(|reason| self.refuse(reason)).ok()
    }

    fn refuse(&mut self, reason: String) {
        self.reply(&Reply::Refused(reason));
        self.open = false;
    }
}
