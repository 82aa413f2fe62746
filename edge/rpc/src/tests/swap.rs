//! Certificates replaced while agents run.

use std::sync::Arc;

use rustls::HandshakeKind;
use rustls_pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::support::{PATIENCE, answer_all, dial, heartbeat, listen, store};
use crate::{Limits, Role, UserCa};

#[tokio::test]
async fn a_new_certificate_shows_on_the_next_connection_and_leaves_open_ones_alone() {
    let ca = UserCa::in_memory().unwrap();
    let (server, client) = (store(&ca, Role::Server), store(&ca, Role::Client));
    let listener = listen(server.clone(), Limits::default()).await;
    let (old, old_far) = tokio::join!(dial(&listener, &client, Limits::default()), listener.accept());
    let old_far = old_far.unwrap();
    let before = (server.current().certificate_sha256(), client.current().certificate_sha256());
    assert_eq!((old.0.peer().certificate_sha256, old_far.0.peer().certificate_sha256), before);

    server.replace(store(&ca, Role::Server).current());
    client.replace(store(&ca, Role::Client).current());
    let after = (server.current().certificate_sha256(), client.current().certificate_sha256());
    assert!(before.0 != after.0 && before.1 != after.1);
    let (new, new_far) = tokio::join!(dial(&listener, &client, Limits::default()), listener.accept());
    assert_eq!((new.0.peer().certificate_sha256, new_far.unwrap().0.peer().certificate_sha256), after);

    tokio::spawn(answer_all(old_far.1));
    assert!(old.0.call(heartbeat(2), PATIENCE).await.unwrap().known);
}

#[tokio::test]
async fn our_listener_resumes_nothing_for_a_client_that_would() {
    let ca = UserCa::in_memory().unwrap();
    let listener = listen(store(&ca, Role::Server), Limits::default()).await;
    let mut config = rustls::ClientConfig::clone(&store(&ca, Role::Client).current().client_config());
    config.resumption = rustls::client::Resumption::in_memory_sessions(8);
    let connector = TlsConnector::from(Arc::new(config));
    for _ in 0..3 {
        let tcp = TcpStream::connect(listener.local_addr()).await.unwrap();
        let mut tls = connector.connect(name(), tcp).await.unwrap();
        // A ticket would come with the first bytes of the server.
        tls.write_all(&hello()).await.unwrap();
        tls.read_u8().await.unwrap();
        assert_eq!(tls.get_ref().1.handshake_kind(), Some(HandshakeKind::Full));
        assert_eq!(tls.get_ref().1.tls13_tickets_received(), 0);
    }
}

#[tokio::test]
async fn our_client_resumes_nothing_with_a_server_that_would() {
    let ca = UserCa::in_memory().unwrap();
    let mut config = rustls::ServerConfig::clone(&store(&ca, Role::Server).current().server_config());
    config.send_tls13_tickets = 2;
    config.session_storage = rustls::server::ServerSessionMemoryCache::new(8);
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = tcp.local_addr().unwrap();
    let connector = TlsConnector::from(store(&ca, Role::Client).current().client_config());
    for _ in 0..3 {
        let serve = async {
            let mut tls = acceptor.accept(tcp.accept().await.unwrap().0).await.unwrap();
            tls.write_all(b"x").await.unwrap();
            tls.get_ref().1.handshake_kind()
        };
        let ask = async {
            let mut tls = connector.connect(name(), TcpStream::connect(addr).await.unwrap()).await.unwrap();
            tls.read_u8().await.unwrap();
        };
        let (kind, ()) = tokio::join!(serve, ask);
        assert_eq!(kind, Some(HandshakeKind::Full));
    }
}

fn name() -> ServerName<'static> {
    "server.global.nomad".try_into().unwrap()
}

/// `{oldest: 1, newest: 1}` as it goes over the wire: a change here breaks every agent in the field.
fn hello() -> Vec<u8> {
    let mut hello = vec![0, 0, 0, 17, 0x82, 0xa6];
    hello.extend(b"oldest");
    hello.extend([1, 0xa6]);
    hello.extend(b"newest");
    hello.push(1);
    hello
}
