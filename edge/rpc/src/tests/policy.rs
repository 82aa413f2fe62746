//! Versions, suites and names that an operator chooses.

use std::time::{Duration, SystemTime};

use muster_ids::Region;

use super::support::{PATIENCE, answer_all, dial, heartbeat, listen};
use crate::{
    Authority, AuthorityParams, CertificateFault, Identity, IdentityStore, LeafParams, LeafRole, Limits,
    PemFiles, PkiError, Role, RoleNames, TlsOptions, TlsPolicy, connect,
};

const DAY: Duration = Duration::from_secs(24 * 3600);

struct Maker(Authority);

impl Maker {
    fn new() -> Self {
        Self(Authority::generate(&AuthorityParams::new("CA", 10 * DAY, SystemTime::now())).unwrap().0)
    }

    /// In a domain of its own, when one is given: without a name that stands for a role.
    fn make(&self, role: LeafRole, domain: &str, options: &TlsOptions) -> Result<IdentityStore, PkiError> {
        let mut params = LeafParams::new(role, Region::global(), DAY, SystemTime::now());
        params.domain = domain.to_owned();
        let leaf = self.0.issue(&params)?;
        let ca = self.0.certificate_pem();
        let (certificate, key) = (leaf.certificate.as_bytes(), leaf.key.expose().as_bytes());
        Identity::from_files(&PemFiles::in_memory(ca.as_bytes(), certificate, key), options)
            .map(IdentityStore::new)
    }
}

fn policy(tls12: bool, suites: &[&str]) -> TlsOptions {
    let suites: Vec<String> = suites.iter().map(|&name| name.to_owned()).collect();
    TlsOptions { policy: TlsPolicy::new(tls12, &suites).unwrap(), ..TlsOptions::default() }
}

async fn meet(server: IdentityStore, client: &IdentityStore) -> Result<(), String> {
    let listener = listen(server, Limits::default()).await;
    let region = Region::global();
    let dialled = connect(listener.local_addr(), client, Role::Server, &region, Limits::default());
    let (dialled, accepted) = tokio::join!(dialled, listener.accept());
    match (dialled, accepted) {
        (Ok((session, _incoming)), Ok((_, answers))) => {
            tokio::spawn(answer_all(answers));
            assert!(session.call(heartbeat(2), PATIENCE).await.unwrap().known);
            Ok(())
        }
        (Err(error), _) => Err(error.to_string()),
        (Ok(_), Err(error)) => panic!("only one side was content: {error}"),
    }
}

#[tokio::test]
async fn suites_that_have_nothing_in_common_do_not_meet() {
    let maker = Maker::new();
    let make = |role, options: &TlsOptions| maker.make(role, "nomad", options).unwrap();
    let (aes, chacha) =
        (policy(false, &["TLS_AES_256_GCM_SHA384"]), policy(false, &["TLS_CHACHA20_POLY1305_SHA256"]));
    meet(make(LeafRole::Server, &aes), &make(LeafRole::Client, &aes)).await.unwrap();
    let error = meet(make(LeafRole::Server, &aes), &make(LeafRole::Client, &chacha)).await.unwrap_err();
    assert!(error.contains("`tls_cipher_suites`"), "{error}");
    // One that speaks 1.2 as well speaks 1.3 with one that does not.
    let both = policy(true, &[]);
    meet(make(LeafRole::Server, &both), &make(LeafRole::Client, &aes)).await.unwrap();
    meet(make(LeafRole::Server, &aes), &make(LeafRole::Client, &both)).await.unwrap();
}

#[tokio::test]
async fn mapped_names_prove_a_role_to_those_who_map_them() {
    let maker = Maker::new();
    let error = maker.make(LeafRole::Server, "example.com", &TlsOptions::default()).unwrap_err();
    assert!(
        matches!(&error, PkiError::Certificate { fault: CertificateFault::NoRole { .. }, .. }),
        "{error}"
    );
    let names = RoleNames::mapped(
        Region::global(),
        &["server.global.example.com".to_owned()],
        &["client.*".to_owned(), "*.global.example.com".to_owned()],
    );
    let mapped = TlsOptions { names, ..TlsOptions::default() };
    let make = |role, options: &TlsOptions| maker.make(role, "example.com", options).unwrap();
    let (server, client) = (make(LeafRole::Server, &mapped), make(LeafRole::Client, &mapped));
    assert_eq!((server.current().role(), client.current().role()), (Role::Server, Role::Client));
    meet(server.clone(), &client).await.unwrap();

    // A client's certificate is no server's for that, and who does not map believes none of them.
    let error = meet(client.clone(), &client).await.unwrap_err();
    assert!(error.contains("does not name `server.global.nomad`"), "{error}");
    let strict = maker.make(LeafRole::Client, "nomad", &TlsOptions::default()).unwrap();
    let error = meet(server, &strict).await.unwrap_err();
    assert!(error.contains("it names `server.global.example.com`"), "{error}");
    let strict = maker.make(LeafRole::Server, "nomad", &TlsOptions::default()).unwrap();
    let listener = listen(strict, Limits::default()).await;
    let region = Region::global();
    let dialled = connect(listener.local_addr(), &client, Role::Server, &region, Limits::default());
    let (_, accepted) = tokio::join!(dialled, listener.accept());
    let error = accepted.map(drop).unwrap_err().to_string();
    assert!(error.contains("no subject alternative name `server.<region>.nomad`"), "{error}");
}

#[tokio::test]
async fn a_mapping_does_not_reach_other_authorities() {
    let (ours, theirs) = (Maker::new(), Maker::new());
    let names = RoleNames::mapped(Region::global(), &["server.global.example.com".to_owned()], &[]);
    let mapped = TlsOptions { names, ..TlsOptions::default() };
    let server = theirs.make(LeafRole::Server, "example.com", &mapped).unwrap();
    let client = ours.make(LeafRole::Client, "nomad", &mapped).unwrap();
    let error = meet(server, &client).await.unwrap_err();
    assert!(error.contains("not signed by the configured CA"), "{error}");
    let listener = listen(ours.make(LeafRole::Server, "nomad", &mapped).unwrap(), Limits::default()).await;
    let (_session, _accepted) = tokio::join!(dial(&listener, &client, Limits::default()), listener.accept());
}
