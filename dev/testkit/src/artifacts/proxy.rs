//! An http proxy that tunnels, and remembers what it was asked for.

use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// Serves until the process ends.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    #[must_use]
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let seen = Arc::clone(&seen);
                std::thread::spawn(move || tunnel(stream, &seen));
            }
        });
        Self { port, asked }
    }

    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The addresses that were asked for since the last call.
    #[must_use]
    pub fn take_asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

/// `CONNECT host:port`, then bytes both ways; a broken connection is the client's business.
fn tunnel(stream: TcpStream, asked: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let mut head = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    head.read_line(&mut line)?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default().to_owned());
    let mut header = String::new();
    while head.read_line(&mut header)? > 2 {
        header.clear();
    }
    asked.lock().unwrap().push(target.clone());
    let mut stream = stream;
    if method != "CONNECT" {
        return stream
            .write_all(b"HTTP/1.1 501 Not Implemented\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    }
    let server = TcpStream::connect(target)?;
    stream.write_all(b"HTTP/1.1 200 Connected\r\n\r\n")?;
    let (mut to_server, mut from_server) = (server.try_clone()?, server);
    let up = std::thread::spawn(move || {
        let copied = std::io::copy(&mut head, &mut to_server);
        let _closed = to_server.shutdown(Shutdown::Write);
        copied
    });
    let down = std::io::copy(&mut from_server, &mut stream);
    let _closed = stream.shutdown(Shutdown::Write);
    let _up = up.join();
    down.map(|_| ())
}
