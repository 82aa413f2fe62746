//! An https server for artifacts, with a certificate authority of its own: files, and git repositories; the latter
//! also over ssh.

mod proxy;
mod repositories;
mod sshd;

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

pub use proxy::Proxy;
pub use repositories::Repositories;
pub use sshd::SshServer;

/// Serves fixed files over https until the process ends.
pub struct ArtifactServer {
    port: u16,
    ca_file: PathBuf,
}

impl ArtifactServer {
    /// Serves `files` (path to content); the certificate authority is written below `dir`.
    #[must_use]
    pub fn start(dir: &Path, files: BTreeMap<String, Vec<u8>>) -> Self {
        Self::start_with(dir, files, None)
    }

    /// The same, with repositories below `/git/`.
    #[must_use]
    pub fn start_with(
        dir: &Path,
        files: BTreeMap<String, Vec<u8>>,
        repositories: Option<Repositories>,
    ) -> Self {
        let (config, ca_pem) = certificates();
        let ca_file = dir.join("artifact-ca.pem");
        std::fs::write(&ca_file, ca_pem).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let content = Arc::new(Content { files, repositories });
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (config, content) = (Arc::clone(&config), Arc::clone(&content));
                std::thread::spawn(move || serve(stream, config, &content));
            }
        });
        Self { port, ca_file }
    }

    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.port)
    }

    /// PEM file of the authority that signed the server's certificate.
    #[must_use]
    pub fn ca_file(&self) -> &Path {
        &self.ca_file
    }
}

fn certificates() -> (Arc<ServerConfig>, String) {
    let ca_key = rcgen::KeyPair::generate().unwrap();
    let mut ca = rcgen::CertificateParams::new(Vec::new()).unwrap();
    ca.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    ca.distinguished_name.push(rcgen::DnType::CommonName, "artifact test authority");
    let ca_certificate = ca.self_signed(&ca_key).unwrap();
    let issuer = rcgen::Issuer::new(ca, ca_key);
    let key = rcgen::KeyPair::generate().unwrap();
    let leaf = rcgen::CertificateParams::new(vec!["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    let certificate = leaf.signed_by(&key, &issuer).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
        )
        .unwrap();
    (Arc::new(config), ca_certificate.pem())
}

struct Content {
    files: BTreeMap<String, Vec<u8>>,
    repositories: Option<Repositories>,
}

/// One request, one answer; a broken connection is the client's business.
fn serve(stream: TcpStream, config: Arc<ServerConfig>, content: &Content) -> Option<()> {
    let mut stream = StreamOwned::new(ServerConnection::new(config).ok()?, stream);
    let request = read_head(&mut stream)?;
    let mut words = request.lines().next()?.split_whitespace();
    let (method, target) = (words.next()?, words.next()?);
    let answer = match (target.strip_prefix("/git"), &content.repositories) {
        (Some(target), Some(repositories)) => {
            let headers: Vec<(String, String)> = request
                .lines()
                .filter_map(|line| line.split_once(": "))
                .map(|(key, value)| (key.to_ascii_lowercase(), value.to_owned()))
                .collect();
            let body = read_body(&mut stream, &headers)?;
            repositories.answer(method, target, &headers, &body)
        }
        _ => {
            let (status, body) = match content.files.get(target.split('?').next()?) {
                Some(body) => ("200 OK", body.as_slice()),
                None => ("404 Not Found", b"no such file".as_slice()),
            };
            let length = body.len();
            let head = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
            [head.as_bytes(), body].concat()
        }
    };
    stream.write_all(&answer).ok()?;
    stream.conn.send_close_notify();
    stream.flush().ok()
}

fn read_head(stream: &mut impl Read) -> Option<String> {
    let mut head = Vec::new();
    let mut byte = [0_u8; 1];
    while !head.ends_with(b"\r\n\r\n") && head.len() < 16_384 {
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    Some(String::from_utf8_lossy(&head).into_owned())
}

fn read_body(stream: &mut impl Read, headers: &[(String, String)]) -> Option<Vec<u8>> {
    let length = headers.iter().find(|(key, _)| key == "content-length");
    let length = length.map_or(0, |(_, value)| value.parse().unwrap_or(0));
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some(body)
}
