//! Machines without a certificate: what they get, from whom, and that they can do nothing else.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use muster_ids::{NodePool, Region};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;

use super::support::{PATIENCE, store};
use crate::joining::{JoinCode, JoinDoor, JoinError, JoinReply, JoinRequest, join};
use crate::pki::{Authority, AuthorityParams, LeafParams, LeafRole, RequestPem};
use crate::{AcceptError, Identity, IdentityStore, Limits, Listener, Role, Secret, UserCa, connect};

const DAY: Duration = Duration::from_secs(24 * 3600);

fn authority() -> Authority {
    Authority::generate(&AuthorityParams::new("Test CA", DAY, SystemTime::now())).unwrap().0
}

fn identity(authority: &Authority, role: LeafRole) -> IdentityStore {
    let leaf = authority.issue(&LeafParams::new(role, Region::global(), DAY, SystemTime::now())).unwrap();
    let ca = authority.certificate_pem();
    let key = leaf.key.expose().as_bytes();
    IdentityStore::new(Identity::from_pem(ca.as_bytes(), leaf.certificate.as_bytes(), key).unwrap())
}

struct Site {
    authority: Arc<Authority>,
    listener: Listener,
    asked: Arc<AtomicUsize>,
    heard: Arc<Mutex<Vec<String>>>,
}

/// A server whose desk knows one secret.
async fn site() -> Site {
    let authority = Arc::new(authority());
    let (asked, heard) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(Vec::new())));
    let (signs, count, names) = (Arc::clone(&authority), Arc::clone(&asked), Arc::clone(&heard));
    let desk = Arc::new(move |_, request: JoinRequest| {
        count.fetch_add(1, Ordering::SeqCst);
        names.lock().unwrap().push(request.name.to_string());
        let answer = match request.secret.expose() {
            "right" => Ok(reply(&signs, &request)),
            _ => Err("the join token is not known here".to_owned()),
        };
        Box::pin(std::future::ready(answer)) as std::pin::Pin<Box<dyn Future<Output = _> + Send>>
    });
    let door = JoinDoor::new(Arc::clone(&authority), Region::global(), desk);
    let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = identity(&authority, LeafRole::Server);
    let listener = Listener::from_tcp(tcp, server, Limits::default(), Some(door)).unwrap();
    Site { authority, listener, asked, heard }
}

fn reply(authority: &Authority, request: &JoinRequest) -> JoinReply {
    let params = LeafParams::new(request.role.into(), Region::global(), DAY, SystemTime::now());
    JoinReply {
        certificate_pem: authority.sign_request(&request.csr_pem, &params).unwrap(),
        ca_pem: authority.certificate_pem(),
        region: Region::global(),
        node_pool: NodePool::default_pool(),
        servers: vec![],
        http: vec![],
        introduction: None,
    }
}

impl Site {
    fn code(&self, secret: &str) -> JoinCode {
        JoinCode {
            servers: vec![self.listener.local_addr().to_string()],
            authority_sha256: self.authority.fingerprint_sha256(),
            region: Region::global(),
            role: Role::Client,
            secret: Secret::new(secret).unwrap(),
        }
    }

    async fn join(&self, code: &JoinCode) -> Result<(JoinReply, RequestPem), JoinError> {
        let made = RequestPem::generate(LeafRole::Client).unwrap();
        let request = JoinRequest {
            secret: code.secret.clone(),
            role: Role::Client,
            name: "n1".into(),
            csr_pem: made.request.clone(),
        };
        Ok((join(self.listener.local_addr(), code, &request).await?, made))
    }
}

#[tokio::test]
async fn who_has_the_code_gets_a_certificate_that_is_good_for_everything_else() {
    let site = site().await;
    let (joined, made) = site.join(&site.code("right")).await.unwrap();
    assert_eq!(*site.heard.lock().unwrap(), ["n1"]);
    let key = made.key.expose().as_bytes();
    let identity =
        Identity::from_pem(joined.ca_pem.as_bytes(), joined.certificate_pem.as_bytes(), key).unwrap();
    assert_eq!((identity.role(), identity.region()), (Role::Client, &Region::global()));
    let (identity, region) = (IdentityStore::new(identity), Region::global());
    let addr = site.listener.local_addr();
    let dialled = connect(addr, &identity, Role::Server, &region, Limits::default());
    let (dialled, accepted) = tokio::join!(dialled, site.listener.accept());
    assert_eq!(accepted.unwrap().0.peer().role, Role::Client);
    dialled.unwrap();
}

#[tokio::test]
async fn a_refusal_is_told_in_the_servers_words() {
    let site = site().await;
    let error = site.join(&site.code("wrong")).await.unwrap_err();
    assert_eq!(error.to_string(), "the server refused: the join token is not known here");
}

#[tokio::test]
async fn nothing_is_said_to_a_server_of_another_authority() {
    let site = site().await;
    for authority_sha256 in [[7; 32], authority().fingerprint_sha256()] {
        let code = JoinCode { authority_sha256, ..site.code("right") };
        let error = site.join(&code).await.unwrap_err();
        assert!(matches!(error, JoinError::WrongAuthority { .. }), "{error}");
    }
    let elsewhere = JoinCode { region: Region::new("eu").unwrap(), ..site.code("right") };
    assert!(matches!(site.join(&elsewhere).await.unwrap_err(), JoinError::WrongAuthority { .. }));
    assert_eq!(site.asked.load(Ordering::SeqCst), 0);
}

/// The attacker has a certificate of the real authority for another role, and a server's of its own.
#[tokio::test]
async fn a_member_that_is_no_server_cannot_play_one() {
    let site = site().await;
    let client = identity(&site.authority, LeafRole::Client);
    let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let fake = Listener::from_tcp(tcp, client, Limits::default(), None).unwrap();
    let made = RequestPem::generate(LeafRole::Client).unwrap();
    let code = site.code("right");
    let request = JoinRequest {
        secret: code.secret.clone(),
        role: Role::Client,
        name: "n1".into(),
        csr_pem: made.request,
    };
    let (joined, refused) = tokio::join!(join(fake.local_addr(), &code, &request), fake.accept());
    assert!(matches!(joined.unwrap_err(), JoinError::NoDoor { .. }));
    assert!(matches!(refused, Err(AcceptError::Handshake { .. })));
}

#[tokio::test]
async fn a_server_that_lets_nobody_join_says_so() {
    let ca = UserCa::in_memory().unwrap();
    let listener = super::support::listen(store(&ca, Role::Server), Limits::default()).await;
    let site = site().await;
    let made = RequestPem::generate(LeafRole::Client).unwrap();
    let request = JoinRequest {
        secret: Secret::new("x").unwrap(),
        role: Role::Client,
        name: "n".into(),
        csr_pem: made.request,
    };
    let code = site.code("right");
    let (joined, _) = tokio::join!(join(listener.local_addr(), &code, &request), listener.accept());
    assert!(matches!(joined.unwrap_err(), JoinError::NoDoor { .. }));
}

/// Without the protocol of joining, a certificate is asked for as ever.
#[tokio::test]
async fn the_door_is_no_way_around_the_certificate() {
    let site = site().await;
    let stranger = store(&UserCa::in_memory().unwrap(), Role::Client);
    let addr = site.listener.local_addr();
    let region = Region::global();
    let dialled = connect(addr, &stranger, Role::Server, &region, Limits::default());
    let (dialled, accepted) = tokio::join!(dialled, site.listener.accept());
    assert!(dialled.is_err() && matches!(accepted, Err(AcceptError::Handshake { .. })));
}

#[tokio::test]
async fn what_is_no_request_ends_the_conversation() {
    let site = site().await;
    // The protocol of joining with the words of another: the hello of agents.
    let mut config = rustls::ClientConfig::builder_with_provider(crate::pki::provider())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_root_certificates(
            crate::pki::trust(
                crate::pki::certificates(site.authority.certificate_pem().as_bytes(), "ca").unwrap(),
                "ca",
            )
            .unwrap(),
        )
        .with_no_client_auth();
    config.alpn_protocols = vec![crate::joining::ALPN.to_vec()];
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    for words in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0, 0, 0, 1, 0xc0], &[0xff; 64]] {
        let tcp = tokio::net::TcpStream::connect(site.listener.local_addr()).await.unwrap();
        let name = crate::pki::server_name(Role::Server, &Region::global()).unwrap();
        let mut tls = connector.connect(name, tcp).await.unwrap();
        tokio::io::AsyncWriteExt::write_all(&mut tls, words).await.unwrap();
        let mut rest = Vec::new();
        let ended = tokio::time::timeout(PATIENCE, tls.read_to_end(&mut rest)).await;
        assert!(ended.is_ok() && rest.is_empty(), "{rest:?}");
    }
    assert_eq!(site.asked.load(Ordering::SeqCst), 0);
    site.join(&site.code("right")).await.unwrap();
}
