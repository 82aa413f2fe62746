#![expect(clippy::unwrap_used, reason = "tests")]

use std::net::SocketAddr;
use std::sync::Arc;

use muster_api::table::StatusLeader;
use muster_api::views::SecretText;
use rcgen::{CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls_pki_types::PrivateKeyDer;
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::{Client, TlsFiles};

/// Answers one request with a JSON string; what was asked comes back as text.
async fn answer(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> String {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        request.push(stream.read_u8().await.unwrap());
    }
    let reply = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\n\"x\"";
    stream.write_all(reply).await.unwrap();
    stream.shutdown().await.unwrap();
    String::from_utf8(request).unwrap()
}

async fn leader(config: ClientConfig) -> Result<String, SdkError> {
    let client = Client::new(config)?;
    Ok(client.get::<StatusLeader>(&[], &[]).await?.value)
}

/// An https server on loopback whose certificate says `server.global.nomad` only, and its authority in a directory.
struct Private {
    dir: TempDir,
    address: SocketAddr,
}

impl Private {
    async fn serve() -> Self {
        let mut ca = CertificateParams::new(Vec::new()).unwrap();
        ca.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let ca = CertifiedIssuer::self_signed(ca, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let leaf = CertificateParams::new(vec!["server.global.nomad".to_owned()]).unwrap();
        let leaf = leaf.signed_by(&key, &ca).unwrap();
        let dir = TempDir::new().unwrap();
        fs::write(dir.path().join("README"), "no certificate").unwrap();
        fs::write(dir.path().join("ca.pem"), ca.pem()).unwrap();
        let private = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = rustls::ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![leaf.der().clone()], private)
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                if let Ok(stream) = acceptor.accept(stream).await {
                    answer(stream).await;
                }
            }
        });
        Self { dir, address }
    }

    fn config(&self, tls: TlsFiles) -> ClientConfig {
        ClientConfig { address: format!("https://{}", self.address), tls, ..ClientConfig::default() }
    }
}

#[tokio::test]
async fn a_certificate_is_checked_against_the_name_that_is_given() {
    let _installed = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let server = Private::serve().await;
    let (file, dir) = (server.dir.path().join("ca.pem"), server.dir.path().to_owned());
    let named = |name: &str| TlsFiles { server_name: Some(name.to_owned()), ..TlsFiles::default() };
    let by_file = TlsFiles { ca: Some(file.clone()), ..named("server.global.nomad") };
    assert_eq!(leader(server.config(by_file)).await.unwrap(), "x");
    let by_dir = TlsFiles { ca_dir: Some(dir.clone()), ..named("server.global.nomad") };
    assert_eq!(leader(server.config(by_dir)).await.unwrap(), "x");

    let other = TlsFiles { ca: Some(file.clone()), ..named("client.global.nomad") };
    let refused = leader(server.config(other)).await.unwrap_err().to_string();
    assert!(refused.contains("not valid for name"), "{refused}");
    let address = TlsFiles { ca_dir: Some(dir), ..TlsFiles::default() };
    assert!(leader(server.config(address)).await.is_err(), "the certificate does not name the address");
    let nobody = leader(server.config(named("server.global.nomad"))).await.unwrap_err().to_string();
    assert!(nobody.contains("authority"), "{nobody}");
    assert!(leader(server.config(TlsFiles::default())).await.is_err(), "nobody vouches for it");
    let anything = TlsFiles { skip_verify: true, ..named("other") };
    assert_eq!(leader(server.config(anything)).await.unwrap(), "x");
}

#[tokio::test]
async fn a_directory_without_certificates_is_refused() {
    let _installed = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let dir = TempDir::new().unwrap();
    for tls in [
        TlsFiles { ca_dir: Some(dir.path().to_owned()), ..TlsFiles::default() },
        TlsFiles { ca_dir: Some(dir.path().join("none")), ..TlsFiles::default() },
        TlsFiles { ca: Some(dir.path().join("none")), ..TlsFiles::default() },
    ] {
        let config = ClientConfig { tls, ..ClientConfig::default() };
        assert!(matches!(Client::new(config), Err(SdkError::TlsFile { .. })));
    }
}

#[tokio::test]
async fn a_socket_and_a_password_reach_the_agent() {
    let _installed = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("agent.sock");
    let listener = UnixListener::bind(&path).unwrap();
    let (asked, mut requests) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _heard = asked.send(answer(stream).await);
        }
    });
    let config = ClientConfig {
        address: format!("unix://{}", path.display()),
        http_auth: Some(SecretText::new("user:pass:word")),
        ..ClientConfig::default()
    };
    assert_eq!(leader(config).await.unwrap(), "x");
    let request = requests.recv().await.unwrap().to_lowercase();
    assert!(request.starts_with("get /v1/status/leader http/1.1\r\n"), "{request}");
    let header = format!("authorization: basic {}", "dXNlcjpwYXNzOndvcmQ=".to_lowercase());
    assert!(request.contains(&header), "{request}");
}

#[test]
fn addresses_that_lead_nowhere_are_refused() {
    for address in ["127.0.0.1:4646", "ftp://a", "unix://relative.sock", "http//x", ""] {
        assert!(matches!(Place::parse(address), Err(SdkError::Address { .. })), "{address}");
    }
    assert_eq!(Place::parse("http://a:1/").unwrap().url, "http://a:1");
}
