//! Who may not connect, and what each side is told.

use std::sync::Arc;
use std::time::Duration;

use muster_ids::Region;
use rustls::RootCertStore;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::support::{PATIENCE, dial, expired, heartbeat, listen, store, store_of};
use crate::transport::HandshakeError;
use crate::{
    AcceptError, BytesPurpose, CallError, CertificateMark, CloseReason, ConnectError, FailureCode,
    IdentityStore, IncomingStream, Limits, RevokedList, Role, UserCa, connect,
};

/// What a dialler and a listener are told when these two meet.
async fn meet(server: IdentityStore, client: &IdentityStore) -> (Result<(), String>, Result<(), String>) {
    let listener = listen(server, Limits::default()).await;
    let region = Region::global();
    let dialled = connect(listener.local_addr(), client, Role::Server, &region, Limits::default());
    let (dialled, accepted) = tokio::join!(dialled, listener.accept());
    let dialled = dialled.map(drop).map_err(|error| match error {
        ConnectError::Handshake { source, .. } => source.to_string(),
        other => panic!("{other}"),
    });
    (dialled, accepted.map(drop).map_err(refusal))
}

fn refusal(error: AcceptError) -> String {
    match error {
        AcceptError::Handshake { source, .. } => source.to_string(),
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_client_is_not_taken_for_a_server() {
    let ca = UserCa::in_memory().unwrap();
    let (dialled, accepted) = meet(store(&ca, Role::Client), &store(&ca, Role::Client)).await;
    let refused = dialled.unwrap_err();
    let wanted =
        "the certificate does not name `server.global.nomad`; it names `client.global.nomad`, `localhost`";
    assert!(refused.starts_with(wanted), "{refused}");
    assert!(accepted.unwrap_err().starts_with("the peer refused: "));
}

#[tokio::test]
async fn a_server_of_another_region_is_not_the_one_meant() {
    let ca = UserCa::in_memory().unwrap();
    let (dialled, _) = meet(store_of(&ca, Role::Server, "eu"), &store(&ca, Role::Client)).await;
    let refused = dialled.unwrap_err();
    assert!(
        refused
            .starts_with("the certificate does not name `server.global.nomad`; it names `server.eu.nomad`"),
        "{refused}"
    );
}

#[tokio::test]
async fn a_client_of_another_region_is_turned_away_with_the_reason() {
    let ca = UserCa::in_memory().unwrap();
    let (dialled, accepted) = meet(store(&ca, Role::Server), &store_of(&ca, Role::Client, "eu")).await;
    let reason = "expected a client of region `global`, but the certificate is a client's of region `eu`";
    assert_eq!(accepted.unwrap_err(), reason);
    assert_eq!(dialled.unwrap_err(), format!("the peer refused: {reason}"));
}

#[tokio::test]
async fn a_server_of_another_region_may_only_pass_requests_on() {
    let ca = UserCa::in_memory().unwrap();
    let listener = listen(store(&ca, Role::Server), Limits::default()).await;
    let identity = store_of(&ca, Role::Server, "eu");
    let (foreign, ours) = tokio::join!(dial(&listener, &identity, Limits::default()), listener.accept());
    let mut ours = ours.unwrap();
    // In both directions: neither region runs the other.
    for session in [&foreign.0, &ours.0] {
        let refused = session.call(heartbeat(1), PATIENCE).await.unwrap_err();
        let CallError::Failed(failure) = refused else { panic!("{refused:?}") };
        assert_eq!(failure.code, FailureCode::Denied);
        assert!(failure.message.contains("may be asked within region"), "{failure}");
    }
    foreign.0.open_bytes(BytesPurpose::Http).await.unwrap();
    assert!(matches!(ours.1.next().await, Some(IncomingStream::Bytes(..))));
}

#[tokio::test]
async fn expired_certificates_are_refused_on_either_side() {
    let ca = UserCa::in_memory().unwrap();
    let (dialled, accepted) = meet(store(&ca, Role::Server), &expired(&ca, Role::Client)).await;
    assert!(accepted.unwrap_err().starts_with("the certificate has expired on "));
    assert_eq!(dialled.unwrap_err(), "the peer refused: our certificate has expired, by its clock");

    let (dialled, accepted) = meet(expired(&ca, Role::Server), &store(&ca, Role::Client)).await;
    assert!(dialled.unwrap_err().starts_with("the certificate has expired on "));
    assert_eq!(accepted.unwrap_err(), "the peer refused: our certificate has expired, by its clock");
}

#[tokio::test]
async fn another_authority_is_refused_on_either_side() {
    let (ours, theirs) = (UserCa::in_memory().unwrap(), UserCa::in_memory().unwrap());
    let (dialled, accepted) = meet(store(&ours, Role::Server), &store(&theirs, Role::Client)).await;
    assert_eq!(dialled.unwrap_err(), "the certificate is not signed by the configured CA");
    assert_eq!(accepted.unwrap_err(), "the peer refused: our certificate is not signed by its CA");

    // A client that would trust anybody still has to prove itself.
    let listener = listen(store(&ours, Role::Server), Limits::default()).await;
    let forged = raw_client(&ours, Some(&theirs));
    let tcp = TcpStream::connect(listener.local_addr()).await.unwrap();
    let name = "server.global.nomad".try_into().unwrap();
    let (_, accepted) = tokio::join!(forged.connect(name, tcp), listener.accept());
    assert_eq!(refusal(accepted.unwrap_err()), "the certificate is not signed by the configured CA");
}

#[tokio::test]
async fn without_a_certificate_nobody_enters() {
    let ca = UserCa::in_memory().unwrap();
    let listener = listen(store(&ca, Role::Server), Limits::default()).await;
    let tcp = TcpStream::connect(listener.local_addr()).await.unwrap();
    let name = "server.global.nomad".try_into().unwrap();
    let (_, accepted) = tokio::join!(raw_client(&ca, None).connect(name, tcp), listener.accept());
    assert_eq!(refusal(accepted.unwrap_err()), "the peer shows no certificate; mutual TLS is required");
}

/// A TLS client that trusts `ca` and shows a self-made certificate of `signer`, or none.
fn raw_client(ca: &UserCa, signer: Option<&UserCa>) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(ca.certificate().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_root_certificates(roots);
    let mut config = match signer {
        None => builder.with_no_client_auth(),
        Some(signer) => {
            let (leaf, key) = signer.leaf(Role::Client);
            builder.with_client_auth_cert(vec![leaf], key).unwrap()
        }
    };
    config.alpn_protocols = vec![b"muster/1".to_vec()];
    TlsConnector::from(Arc::new(config))
}

#[tokio::test]
async fn what_is_not_our_protocol_is_named_so() {
    let ca = UserCa::in_memory().unwrap();
    let listener = listen(store(&ca, Role::Server), Limits::default()).await;
    let mut http = TcpStream::connect(listener.local_addr()).await.unwrap();
    http.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let error = listener.accept().await.unwrap_err();
    assert!(matches!(error, AcceptError::Handshake { source: HandshakeError::NotMuster, .. }), "{error}");
}

#[tokio::test]
async fn silence_is_not_waited_for_on_either_side() {
    let ca = UserCa::in_memory().unwrap();
    let limits = Limits { handshake_timeout: Duration::from_millis(50), ..Limits::default() };
    let listener = listen(store(&ca, Role::Server), limits).await;
    let _silent = TcpStream::connect(listener.local_addr()).await.unwrap();
    let error = listener.accept().await.unwrap_err();
    assert!(matches!(error, AcceptError::Handshake { source: HandshakeError::Timeout(_), .. }), "{error}");

    let deaf = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = store(&ca, Role::Client);
    let error = connect(deaf.local_addr().unwrap(), &client, Role::Server, &Region::global(), limits).await;
    let error = error.map(drop).unwrap_err();
    assert!(matches!(error, ConnectError::Handshake { source: HandshakeError::Timeout(_), .. }), "{error}");
}

#[tokio::test]
async fn a_closed_port_is_unreachable() {
    let ca = UserCa::in_memory().unwrap();
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let client = store(&ca, Role::Client);
    let error = connect(free, &client, Role::Server, &Region::global(), Limits::default()).await;
    assert!(matches!(error.map(drop).unwrap_err(), ConnectError::Unreachable { .. }));
}

#[tokio::test]
async fn a_revoked_certificate_is_refused_with_the_reason_and_loses_its_connections() {
    let ca = UserCa::in_memory().unwrap();
    let server = store(&ca, Role::Server);
    let listener = listen(server.clone(), Limits::default()).await;
    let (client, other) = (store(&ca, Role::Client), store(&ca, Role::Client));
    let ((session, _in), ours) = {
        let (dialled, accepted) =
            tokio::join!(dial(&listener, &client, Limits::default()), listener.accept());
        (dialled, accepted.unwrap())
    };
    let ((unharmed, _in_too), ours_too) = {
        let (dialled, accepted) = tokio::join!(dial(&listener, &other, Limits::default()), listener.accept());
        (dialled, accepted.unwrap())
    };
    let mark = CertificateMark::Fingerprint(client.current().certificate_sha256());
    server.revocations().replace(RevokedList::from([(mark, "stolen".to_owned())]));
    tokio::time::timeout(PATIENCE, ours.0.closed()).await.unwrap();
    assert_eq!(ours.0.close_reason(), Some(CloseReason::CertificateRevoked("stolen".to_owned())));
    tokio::time::timeout(PATIENCE, session.closed()).await.unwrap();
    assert_eq!((unharmed.close_reason(), ours_too.0.close_reason()), (None, None));

    let region = Region::global();
    let dialled = connect(listener.local_addr(), &client, Role::Server, &region, Limits::default());
    let (dialled, accepted) = tokio::join!(dialled, listener.accept());
    assert_eq!(refusal(accepted.unwrap_err()), "the certificate has been revoked: stolen");
    let refused = dialled.map(drop).unwrap_err().to_string();
    assert!(refused.ends_with("the peer refused: the certificate has been revoked: stolen"), "{refused}");

    // Taken back, it counts again; and servers' certificates are looked at by those who connect.
    server.revocations().replace(RevokedList::new());
    let mark = CertificateMark::Fingerprint(server.current().certificate_sha256());
    other.revocations().replace(RevokedList::from([(mark, "old".to_owned())]));
    let (again, _) = tokio::join!(dial(&listener, &client, Limits::default()), listener.accept());
    assert_eq!(again.0.close_reason(), None);
    let dialled = connect(listener.local_addr(), &other, Role::Server, &region, Limits::default());
    let (dialled, _) = tokio::join!(dialled, listener.accept());
    let refused = dialled.map(drop).unwrap_err().to_string();
    assert!(refused.ends_with("the certificate has been revoked: old"), "{refused}");
}
