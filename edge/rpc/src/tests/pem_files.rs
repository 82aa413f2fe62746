//! The `tls` block: certificates and keys that operators bring along.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use tempfile::TempDir;

use super::support::{PATIENCE, answer_all, dial, heartbeat, listen};
use crate::{Identity, IdentityStore, Limits, PkiError, Role};

struct Files {
    dir: TempDir,
    issuer: Issuer<'static, KeyPair>,
}

impl Files {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let files = Self { dir: tempfile::tempdir().unwrap(), issuer: Issuer::new(params.clone(), key) };
        files.write("ca", &params.self_signed(files.issuer.key()).unwrap().pem(), 0o644);
        files
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(format!("{name}.pem"))
    }

    fn write(&self, name: &str, text: &str, mode: u32) {
        fs::write(self.path(name), text).unwrap();
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(mode)).unwrap();
    }

    /// A certificate `name` and its key `name-key`.
    fn issue(&self, name: &str, names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> &Self {
        let mut params =
            CertificateParams::new(names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>()).unwrap();
        params.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        self.write(name, &params.signed_by(&key, &self.issuer).unwrap().pem(), 0o644);
        self.write(&format!("{name}-key"), &key.serialize_pem(), 0o600);
        self
    }

    fn load(&self, certificate: &str, key: &str) -> Result<Identity, PkiError> {
        Identity::from_pem_files(&self.path("ca"), &self.path(certificate), &self.path(key))
    }

    fn error(&self, certificate: &str, key: &str) -> String {
        let text = self.load(certificate, key).unwrap_err().to_string();
        text.replace(&self.dir.path().display().to_string(), "DIR")
    }
}

#[tokio::test]
async fn operators_certificates_connect() {
    let files = Files::new();
    files.issue("s", &["server.global.nomad", "localhost"], |_| ()).issue(
        "c",
        &["client.global.nomad"],
        |_| (),
    );
    let server = files.load("s", "s-key").unwrap();
    assert_eq!((server.role(), server.region().as_str()), (Role::Server, "global"));
    let listener = listen(IdentityStore::new(server), Limits::default()).await;
    let client = IdentityStore::new(files.load("c", "c-key").unwrap());
    let (client, server) = tokio::join!(dial(&listener, &client, Limits::default()), listener.accept());
    tokio::spawn(answer_all(server.unwrap().1));
    assert!(client.0.call(heartbeat(2), PATIENCE).await.unwrap().known);
}

#[test]
fn each_mistake_has_its_own_message() {
    let files = Files::new();
    let good = ["server.global.nomad"];
    files.issue("good", &good, |_| ()).issue("other", &good, |_| ());
    assert_eq!(
        files.error("none", "good-key"),
        "cannot read certificate file `DIR/none.pem`: No such file or directory (os error 2)"
    );
    assert_eq!(files.error("good-key", "good-key"), "`DIR/good-key.pem` holds no PEM section `CERTIFICATE`");
    assert_eq!(
        files.error("good", "good"),
        "`DIR/good.pem` can be read or changed by other users (mode 0644); run `chmod 600 'DIR/good.pem'`"
    );
    fs::set_permissions(files.path("good"), fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(files.error("good", "good"), "`DIR/good.pem` holds no PEM section `PRIVATE KEY`");
    assert_eq!(
        files.error("good", "other-key"),
        "the private key does not belong to the certificate in `DIR/good.pem` (key: `DIR/other-key.pem`)"
    );
}

#[test]
fn a_certificate_that_peers_would_refuse_is_refused_at_start() {
    let files = Files::new();
    let good = ["client.global.nomad"];
    let day = Duration::from_secs(24 * 3600);
    files.issue("expired", &good, |params| params.not_after = (SystemTime::now() - day).into());
    assert!(
        files
            .error("expired", "expired-key")
            .starts_with("`DIR/expired.pem`: the certificate has expired on ")
    );
    files.issue("early", &good, |params| params.not_before = (SystemTime::now() + day).into());
    assert!(files.error("early", "early-key").contains("not valid yet"));

    // The common name is never taken for a role.
    files.issue("common", &["web.example"], |params| {
        params.distinguished_name.push(DnType::CommonName, "server.global.nomad");
    });
    assert_eq!(
        files.error("common", "common-key"),
        "`DIR/common.pem`: no subject alternative name `server.<region>.nomad` or `client.<region>.nomad`; the certificate names `web.example`"
    );

    let only_server = |params: &mut CertificateParams| {
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    };
    files.issue("usage", &good, only_server);
    assert!(
        files
            .error("usage", "usage-key")
            .ends_with("may not be used for client authentication (extended key usage)")
    );

    let foreign = Files::new();
    foreign.issue("foreign", &good, |_| ());
    for name in ["foreign", "foreign-key"] {
        fs::copy(foreign.path(name), files.path(name)).unwrap();
    }
    assert_eq!(
        files.error("foreign", "foreign-key"),
        "`DIR/foreign.pem`: the certificate is not signed by the configured CA"
    );
}
