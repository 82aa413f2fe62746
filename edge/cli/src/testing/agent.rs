//! An agent that answers from a script, request by request.

use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// One expected request and its answer.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    request: String,
    status: u16,
    index: u64,
    body: Value,
}

/// `request` is method and path with query. A string as body is sent bare, as errors are.
pub(crate) fn reply(request: &str, status: u16, index: u64, body: Value) -> Reply {
    Reply { request: request.to_owned(), status, index, body }
}

#[derive(Debug)]
pub(crate) struct Agent {
    address: String,
    bodies: Arc<Mutex<Vec<Value>>>,
}

impl Agent {
    /// Serves the replies in order; a request that is not the next one is answered with what was expected.
    pub(crate) async fn serve(replies: Vec<Reply>) -> Self {
        let Ok(listener) = TcpListener::bind("127.0.0.1:0").await else {
            unreachable!("loopback has free ports")
        };
        let address = listener.local_addr().map(|address| format!("http://{address}")).unwrap_or_default();
        let bodies = Arc::new(Mutex::new(Vec::new()));
        tokio::spawn(answer_all(listener, replies, Arc::clone(&bodies)));
        Self { address, bodies }
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// The JSON bodies received so far.
    pub(crate) fn bodies(&self) -> Vec<Value> {
        self.bodies.lock().map(|bodies| bodies.clone()).unwrap_or_default()
    }
}

async fn answer_all(listener: TcpListener, replies: Vec<Reply>, bodies: Arc<Mutex<Vec<Value>>>) {
    let mut replies = replies.into_iter();
    while let Ok((mut stream, _)) = listener.accept().await {
        let Some((request, body)) = read(&mut stream).await else { continue };
        if let (Ok(json), Ok(mut bodies)) = (serde_json::from_slice(&body), bodies.lock()) {
            bodies.push(json);
        }
        let reply = match replies.next() {
            Some(reply) if reply.request == request => reply,
            next => {
                let expected = next.map(|reply| reply.request);
                self::reply("", 599, 0, format!("got {request}, expected {expected:?}").into())
            }
        };
        let text = reply.body.as_str().map_or_else(|| reply.body.to_string(), str::to_owned);
        let head = format!(
            "HTTP/1.1 {} X\r\nX-Nomad-Index: {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            reply.status,
            reply.index,
            text.len()
        );
        // A client that left early is its own test's business.
        let _ = stream.write_all(format!("{head}{text}").as_bytes()).await;
    }
}

async fn read(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first).await.ok()?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).await.ok()?;
        let line = line.trim().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).await.ok()?;
    let request = first.trim().strip_suffix(" HTTP/1.1")?.to_owned();
    Some((request, body))
}
