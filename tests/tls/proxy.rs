//! Somebody in the middle: passes bytes on, changes one, or says again what was said before.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// What is done to what the dialling side sends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Tamper {
    Nothing,
    /// Flips one bit of the byte at this position.
    Flip(usize),
}

struct State {
    /// What the first connection's dialling side said.
    said: Vec<u8>,
    tamper: Tamper,
    open: Vec<TcpStream>,
}

pub struct Proxy {
    pub port: u16,
    state: Arc<Mutex<State>>,
}

impl Proxy {
    pub fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let own = listener.local_addr().unwrap().port();
        let state = State { said: Vec::new(), tamper: Tamper::Nothing, open: Vec::new() };
        let state = Arc::new(Mutex::new(state));
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for (number, from) in listener.incoming().flatten().enumerate() {
                let Ok(to) = TcpStream::connect(("127.0.0.1", port)) else { continue };
                let (back_from, back_to) = (to.try_clone().unwrap(), from.try_clone().unwrap());
                let (state, record) = (Arc::clone(&shared), number == 0);
                state.lock().unwrap().open.push(from.try_clone().unwrap());
                thread::spawn(move || forth(from, to, &state, record));
                thread::spawn(move || back(back_from, back_to));
            }
        });
        Self { port: own, state }
    }

    pub fn said(&self) -> Vec<u8> {
        self.state.lock().unwrap().said.clone()
    }

    /// From now on, and on a new connection: those that are open end.
    pub fn tamper(&self, how: Tamper) {
        let mut state = self.state.lock().unwrap();
        state.tamper = how;
        for open in state.open.drain(..) {
            let _gone = open.shutdown(Shutdown::Both);
        }
    }
}

fn forth(mut from: TcpStream, mut to: TcpStream, state: &Mutex<State>, record: bool) {
    let mut buffer = [0_u8; 16 << 10];
    let mut seen = 0;
    while let Ok(size @ 1..) = from.read(&mut buffer) {
        let piece = &mut buffer[..size];
        {
            let mut state = state.lock().unwrap();
            if record {
                state.said.extend_from_slice(piece);
            }
            if let Tamper::Flip(position) = state.tamper
                && (seen..seen + size).contains(&position)
            {
                piece[position - seen] ^= 0x10;
            }
        }
        seen += size;
        if to.write_all(piece).is_err() {
            break;
        }
    }
    let _gone = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}

fn back(mut from: TcpStream, mut to: TcpStream) {
    let _ended = std::io::copy(&mut from, &mut to);
    let _gone = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}
