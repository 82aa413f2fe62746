//! The operator's authority: what it makes is what openssl and our own verification accept.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use muster_ids::Region;
use rcgen::{KeyPair, PKCS_ECDSA_P384_SHA384, PKCS_ED25519};

use super::support::{PATIENCE, answer_all, dial, heartbeat, listen};
use crate::{
    Authority, AuthorityParams, CaPem, Identity, IdentityStore, LeafParams, LeafPem, LeafRole, Limits,
    PkiError, RequestPem, Role,
};

const DAY: Duration = Duration::from_secs(24 * 3600);

fn authority() -> (Authority, CaPem) {
    Authority::generate(&AuthorityParams::new("Test CA", 10 * DAY, SystemTime::now())).unwrap()
}

fn leaf(role: LeafRole) -> LeafParams {
    LeafParams::new(role, Region::global(), DAY, SystemTime::now())
}

fn identity(ca: &str, leaf: &LeafPem) -> Result<Identity, PkiError> {
    Identity::from_pem(ca.as_bytes(), leaf.certificate.as_bytes(), leaf.key.expose().as_bytes())
}

fn openssl(dir: &Path, line: &str) -> String {
    let output = Command::new("openssl").args(line.split_whitespace()).current_dir(dir).output().unwrap();
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "openssl {line}: {text}");
    text
}

#[tokio::test]
async fn agents_with_its_certificates_talk() {
    let (authority, ca) = authority();
    let server = identity(&ca.certificate, &authority.issue(&leaf(LeafRole::Server)).unwrap()).unwrap();
    let client = identity(&ca.certificate, &authority.issue(&leaf(LeafRole::Client)).unwrap()).unwrap();
    assert_eq!((server.role(), client.role()), (Role::Server, Role::Client));
    let listener = listen(IdentityStore::new(server), Limits::default()).await;
    let client = IdentityStore::new(client);
    let (client, server) = tokio::join!(dial(&listener, &client, Limits::default()), listener.accept());
    tokio::spawn(answer_all(server.unwrap().1));
    assert!(client.0.call(heartbeat(2), PATIENCE).await.unwrap().known);
}

#[test]
fn a_request_gets_the_names_that_were_decided_on() {
    let (authority, ca) = authority();
    let made = RequestPem::generate(LeafRole::Client).unwrap();
    let certificate = authority.sign_request(&made.request, &leaf(LeafRole::Client)).unwrap();
    let signed = LeafPem { certificate, key: made.key };
    assert_eq!(identity(&ca.certificate, &signed).unwrap().role(), Role::Client);

    // One that asks to be a server, and an authority.
    let dir = tempfile::tempdir().unwrap();
    openssl(
        dir.path(),
        "req -new -newkey rsa:2048 -nodes -keyout key.pem -out csr.pem -subj /CN=server.global.nomad \
         -addext subjectAltName=DNS:server.global.nomad -addext basicConstraints=CA:TRUE -addext subjectKeyIdentifier=hash",
    );
    let request = fs::read_to_string(dir.path().join("csr.pem")).unwrap();
    let certificate = authority.sign_request(&request, &leaf(LeafRole::Client)).unwrap();
    fs::write(dir.path().join("cert.pem"), &certificate).unwrap();
    let text = openssl(dir.path(), "x509 -in cert.pem -noout -text");
    assert!(text.contains("client.global.nomad") && !text.contains("server.global.nomad"), "{text}");
    assert!(!text.contains("CA:TRUE"), "{text}");
}

#[test]
fn requests_that_prove_nothing_are_refused() {
    let (authority, _) = authority();
    let sign =
        |request: &str| authority.sign_request(request, &leaf(LeafRole::Client)).unwrap_err().to_string();
    assert!(sign("").contains("it is not in PEM"));

    // A byte of the signature changed: somebody asks for a certificate of a key that is not theirs.
    let made = RequestPem::generate(LeafRole::Client).unwrap().request;
    let der = rustls_pki_types::pem::PemObject::from_pem_slice(made.as_bytes()).unwrap();
    let der: rustls_pki_types::CertificateSigningRequestDer<'_> = der;
    let mut bytes = der.to_vec();
    *bytes.last_mut().unwrap() ^= 1;
    let pem = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &bytes);
    let changed = format!("-----BEGIN CERTIFICATE REQUEST-----\n{pem}\n-----END CERTIFICATE REQUEST-----\n");
    let refused = sign(&changed);
    assert!(refused.contains("not signed by the key it names"), "{refused}");

    let dir = tempfile::tempdir().unwrap();
    for (key, found) in
        [("rsa:1024", "an RSA key of 1024 bits"), ("ec -pkeyopt ec_paramgen_curve:secp256k1", "")]
    {
        openssl(
            dir.path(),
            &format!("req -new -newkey {key} -nodes -keyout key.pem -out csr.pem -subj /CN=x"),
        );
        let refused = sign(&fs::read_to_string(dir.path().join("csr.pem")).unwrap());
        assert!(
            refused.contains(found) && refused.starts_with("the certificate signing request"),
            "{refused}"
        );
    }
}

#[test]
fn further_names_do_not_make_more_of_a_certificate() {
    let (authority, _) = authority();
    for (role, name, allowed) in [
        (LeafRole::Server, "client.global.nomad", true),
        (LeafRole::Server, "server.eu.nomad", false),
        (LeafRole::Client, "server.global.nomad", false),
        (LeafRole::Client, "nomad.example.com", true),
        (LeafRole::Client, "*.example.com", true),
        (LeafRole::Client, "two words", false),
        (LeafRole::Cli, "client.global.nomad", false),
    ] {
        let params = LeafParams { dns_names: vec![name.to_owned()], ..leaf(role) };
        assert_eq!(authority.issue(&params).is_ok(), allowed, "{role:?} {name}");
    }
    let params = LeafParams { region: Region::new("two words").unwrap(), ..leaf(LeafRole::Client) };
    assert!(authority.issue(&params).is_err());
}

#[test]
fn the_command_lines_certificate_is_no_agents() {
    let (authority, ca) = authority();
    let error = identity(&ca.certificate, &authority.issue(&leaf(LeafRole::Cli)).unwrap()).unwrap_err();
    assert!(error.to_string().contains("no subject alternative name `server.<region>.nomad`"), "{error}");
}

#[test]
fn a_limited_authority_vouches_for_its_domains_only() {
    let mut params = AuthorityParams::new("Limited", DAY, SystemTime::now());
    params.name_constraints = vec!["nomad".to_owned()];
    let (authority, ca) = Authority::generate(&params).unwrap();
    identity(&ca.certificate, &authority.issue(&leaf(LeafRole::Server)).unwrap()).unwrap();
    let other = LeafParams { dns_names: vec!["example.com".to_owned()], ..leaf(LeafRole::Server) };
    assert!(authority.issue(&other).is_err());
    Authority::from_pem(ca.certificate.as_bytes(), ca.key.expose().as_bytes()).unwrap();
}

#[test]
fn certificates_end_with_their_authority() {
    let (authority, ca) = authority();
    let long = LeafParams { lifetime: 1000 * DAY, ..leaf(LeafRole::Server) };
    let made = identity(&ca.certificate, &authority.issue(&long).unwrap()).unwrap();
    assert_eq!(made.not_after(), authority.not_after());

    let past = AuthorityParams::new("Past", DAY, SystemTime::now() - 3 * DAY);
    let (_, past) = Authority::generate(&past).unwrap();
    let error = Authority::from_pem(past.certificate.as_bytes(), past.key.expose().as_bytes()).unwrap_err();
    assert!(error.to_string().contains("has expired on"), "{error}");
}

#[test]
fn what_is_no_authority_is_named() {
    let (ours, ca) = authority();
    let (_, other) = authority();
    let error = Authority::from_pem(ca.certificate.as_bytes(), other.key.expose().as_bytes()).unwrap_err();
    assert!(matches!(error, PkiError::WrongKey { .. }), "{error}");
    let leaf = ours.issue(&leaf(LeafRole::Server)).unwrap();
    let error = Authority::from_pem(leaf.certificate.as_bytes(), leaf.key.expose().as_bytes()).unwrap_err();
    assert!(matches!(error, PkiError::NotAnAuthority { .. }), "{error}");
    assert_eq!(
        Authority::from_pem(ca.certificate.as_bytes(), ca.key.expose().as_bytes())
            .unwrap()
            .fingerprint_sha256(),
        ours.fingerprint_sha256()
    );
    assert_eq!(ours.certificate_pem(), ca.certificate);
    assert!(!format!("{ca:?}{ours:?}").contains("PRIVATE"));
}

/// Every kind of key that openssl makes, each in every form it writes.
#[test]
fn authorities_of_openssl_are_accepted() {
    let kinds = [
        ("genrsa -out KEY 2048", "pkey -in KEY -out pkcs8.pem", "rsa -in KEY -traditional -out old.pem"),
        (
            "ecparam -name prime256v1 -genkey -out KEY",
            "pkey -in KEY -out pkcs8.pem",
            "ec -in KEY -out old.pem",
        ),
        (
            "ecparam -name secp384r1 -genkey -out KEY",
            "pkey -in KEY -out pkcs8.pem",
            "ec -in KEY -out old.pem",
        ),
        ("genpkey -algorithm ed25519 -out KEY", "pkey -in KEY -out pkcs8.pem", "pkey -in KEY -out old.pem"),
    ];
    for (make, pkcs8, old) in kinds {
        let dir = tempfile::tempdir().unwrap();
        for line in [make, pkcs8, old] {
            openssl(dir.path(), &line.replace("KEY", "ca.key"));
        }
        openssl(
            dir.path(),
            "req -x509 -new -nodes -sha256 -key ca.key -days 3650 -out ca.pem -subj /C=US/ST=State/L=City/O=Organization/CN=Nomad",
        );
        for key in ["ca.key", "pkcs8.pem", "old.pem"] {
            let read = |name: &str| fs::read(dir.path().join(name)).unwrap();
            let authority = Authority::from_pem(&read("ca.pem"), &read(key))
                .unwrap_or_else(|error| panic!("{make}, {key}: {error}"));
            let made = authority.issue(&leaf(LeafRole::Server)).unwrap();
            identity(&authority.certificate_pem(), &made).unwrap();
            fs::write(dir.path().join("leaf.pem"), &made.certificate).unwrap();
            for purpose in ["sslserver", "sslclient"] {
                let line = format!("verify -purpose {purpose} -CAfile ca.pem leaf.pem");
                assert_eq!(openssl(dir.path(), &line), "leaf.pem: OK\n", "{make}");
            }
        }
    }
}

#[test]
fn openssl_accepts_what_we_make() {
    let dir = tempfile::tempdir().unwrap();
    let mut params = AuthorityParams::new("Nomad Agent CA", 1825 * DAY, SystemTime::now());
    params.subject.organization = "Example Org".into();
    params.subject.country = "US".into();
    let (authority, ca) = Authority::generate(&params).unwrap();
    let made = LeafParams { dns_names: vec!["nomad.example.com".into()], ..leaf(LeafRole::Server) };
    let made = authority.issue(&made).unwrap();
    fs::write(dir.path().join("ca.pem"), &ca.certificate).unwrap();
    fs::write(dir.path().join("leaf.pem"), &made.certificate).unwrap();
    fs::write(dir.path().join("leaf.key"), made.key.expose()).unwrap();
    for name in ["server.global.nomad", "localhost", "nomad.example.com"] {
        let line =
            format!("verify -x509_strict -verify_hostname {name} -purpose sslserver -CAfile ca.pem leaf.pem");
        assert_eq!(openssl(dir.path(), &line), "leaf.pem: OK\n");
    }
    let subject = openssl(dir.path(), "x509 -in ca.pem -noout -subject");
    assert!(subject.contains("C = US") && subject.contains("O = Example Org"), "{subject}");
    let serials: Vec<_> = (0..2)
        .map(|_| {
            fs::write(
                dir.path().join("s.pem"),
                authority.issue(&leaf(LeafRole::Client)).unwrap().certificate,
            )
            .unwrap();
            openssl(dir.path(), "x509 -in s.pem -noout -serial")
        })
        .collect();
    assert!(serials[0] != serials[1] && serials[0].trim().len() > "serial=".len() + 24, "{serials:?}");
}

#[test]
fn keys_of_other_kinds_are_signed_too() {
    let (authority, ca) = authority();
    for algorithm in [&PKCS_ECDSA_P384_SHA384, &PKCS_ED25519] {
        let key = KeyPair::generate_for(algorithm).unwrap();
        let request = rcgen::CertificateParams::default().serialize_request(&key).unwrap().pem().unwrap();
        let certificate = authority.sign_request(&request, &leaf(LeafRole::Server)).unwrap();
        let key = key.serialize_pem();
        Identity::from_pem(ca.certificate.as_bytes(), certificate.as_bytes(), key.as_bytes()).unwrap();
    }
}

#[test]
fn a_key_with_a_passphrase_is_named_so() {
    let dir = tempfile::tempdir().unwrap();
    let (_, ca) = authority();
    openssl(dir.path(), "genpkey -algorithm RSA -aes256 -pass pass:x -out key.pem");
    let error =
        Authority::from_pem(ca.certificate.as_bytes(), &fs::read(dir.path().join("key.pem")).unwrap())
            .unwrap_err();
    assert!(matches!(error, PkiError::EncryptedKey { .. }), "{error}");
}
