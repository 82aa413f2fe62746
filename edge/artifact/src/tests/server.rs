//! A server that gives prepared answers in turn, one a connection, and remembers what it was asked.

use std::sync::{Arc, Mutex};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

#[derive(Clone, Debug)]
pub enum Answer {
    Whole(String),
    /// A body that need not be text.
    Bytes(Vec<u8>),
    /// A body of five bytes that ends early.
    Cut(&'static str),
    /// A body whose end is the connection's.
    Unsized(String),
    Silence,
}

impl Answer {
    pub fn ok(body: &str) -> Self {
        Self::Whole(format!(
            "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        ))
    }

    pub fn status(status: &str) -> Self {
        Self::Whole(format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"))
    }

    pub fn redirect(to: &str) -> Self {
        Self::Whole(format!(
            "HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        ))
    }
}

pub struct Server {
    base: String,
    ca_pem: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub async fn http(answers: impl IntoIterator<Item = Answer>) -> Self {
        Self::start(answers.into_iter().collect(), None, String::new()).await
    }

    /// With a certificate of an authority that nobody knows.
    pub async fn https(answers: impl IntoIterator<Item = Answer>) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let leaf = CertificateParams::new(vec!["127.0.0.1".to_owned()])
            .unwrap()
            .signed_by(&key, &authority)
            .unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![leaf.der().clone()], key)
            .unwrap();
        Self::start(answers.into_iter().collect(), Some(TlsAcceptor::from(Arc::new(tls))), authority.pem())
            .await
    }

    async fn start(answers: Vec<Answer>, tls: Option<TlsAcceptor>, ca_pem: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let base = format!("{scheme}://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&requests);
        tokio::spawn(async move {
            let mut answers = answers.into_iter().peekable();
            while answers.peek().is_some() {
                let (socket, _) = listener.accept().await.unwrap();
                match &tls {
                    None => serve(socket, answers.next().unwrap(), &log).await,
                    // A peer that refuses the certificate takes no answer away.
                    Some(tls) => {
                        if let Ok(socket) = tls.accept(socket).await {
                            serve(socket, answers.next().unwrap(), &log).await;
                        }
                    }
                }
            }
        });
        Self { base, ca_pem, requests }
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

async fn serve(mut socket: impl AsyncRead + AsyncWrite + Unpin, answer: Answer, log: &Mutex<Vec<String>>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match socket.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    log.lock().unwrap().push(String::from_utf8(head).unwrap());
    let bytes = match answer {
        Answer::Whole(text) => text.into_bytes(),
        Answer::Bytes(body) => {
            let head =
                format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            [head.into_bytes(), body].concat()
        }
        Answer::Cut(body) => format!("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{body}").into_bytes(),
        Answer::Unsized(body) => format!("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{body}").into_bytes(),
        Answer::Silence => {
            // Until the peer gives up.
            let _ended = socket.read_u8().await;
            return;
        }
    };
    // A peer may stop reading at its limit.
    let _ = socket.write_all(&bytes).await;
    let _ = socket.shutdown().await;
}
