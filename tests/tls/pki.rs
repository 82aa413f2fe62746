//! Certificates as operators make them, with openssl, in a directory of their own.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The guide's own commands.
pub const CA: &str = r#"
openssl genrsa -out nomad-ca.key 4096
openssl req -x509 -new -nodes -sha256 -key nomad-ca.key \
-days 3650 -out nomad-ca.pem \
-subj "/C=US/ST=State/L=City/O=Organization/CN=Nomad CA"
"#;

pub const FREE_FORM_SERVER: &str = r#"
openssl genrsa -out nomad-server.key 2048
openssl req -new -sha256 -key nomad-server.key \
-out nomad-server.csr \
-subj "/C=US/ST=State/L=City/O=Organization/CN=server.nomad.example.com"
# Create certificate extensions
cat > server-ext.cnf << EOF
subjectAltName = DNS:server.nomad.example.com,DNS:localhost,IP:127.0.0.1,IP:192.168.1.100
EOF
# Sign server certificate
openssl x509 -req -sha256 -days 365 \
-in nomad-server.csr -CA nomad-ca.pem -CAkey nomad-ca.key -CAcreateserial \
-out nomad-server.pem -extfile server-ext.cnf
"#;

pub const CLIENT_WITHOUT_NAMES: &str = r#"
openssl genrsa -out nomad-client.key 2048
openssl req -new -sha256 -key nomad-client.key \
-out nomad-client.csr \
-subj "/C=US/ST=State/L=City/O=Organization/CN=client.nomad.example.com"
# Sign client certificate
openssl x509 -req -sha256 -days 365 \
-in nomad-client.csr -CA nomad-ca.pem -CAkey nomad-ca.key -CAcreateserial \
-out nomad-client.pem
"#;

pub struct Pki {
    pub dir: PathBuf,
}

impl Pki {
    /// An authority in `root/name`, made quickly.
    pub fn new(root: &Path, name: &str) -> Self {
        let pki = Self::empty(root, name);
        pki.sh("openssl ecparam -name prime256v1 -genkey -noout -out nomad-ca.key
                openssl req -x509 -new -nodes -sha256 -key nomad-ca.key -days 3650 -out nomad-ca.pem -subj '/CN=Nomad CA'");
        pki
    }

    pub fn empty(root: &Path, name: &str) -> Self {
        let dir = root.join(name);
        fs::create_dir_all(&dir).unwrap();
        Self { dir }
    }

    pub fn sh(&self, script: &str) {
        let output = self.run(script);
        assert!(output.status.success(), "{script}\n{}", String::from_utf8_lossy(&output.stderr));
    }

    pub fn run(&self, script: &str) -> Output {
        Command::new("sh").args(["-ec", script]).current_dir(&self.dir).output().unwrap()
    }

    pub fn path(&self, name: &str) -> String {
        self.dir.join(name).to_string_lossy().into_owned()
    }

    /// `name.pem` and `name.key` with these subject alternative names.
    pub fn issue(&self, name: &str, names: &str) {
        let names = names.split(',').map(|name| format!("DNS:{name}")).collect::<Vec<_>>().join(",");
        self.sh(&format!(
            "openssl ecparam -name prime256v1 -genkey -noout -out {name}.key
             openssl req -new -sha256 -key {name}.key -out {name}.csr -subj /CN={name}
             echo 'subjectAltName = {names},IP:127.0.0.1' > {name}.cnf
             openssl x509 -req -sha256 -days 365 -in {name}.csr -CA nomad-ca.pem -CAkey nomad-ca.key -CAcreateserial -out {name}.pem -extfile {name}.cnf
             chmod 600 {name}.key"
        ));
    }

    /// One that was or will be valid: `openssl ca` takes dates, `openssl x509` of this age does not.
    pub fn issue_dated(&self, name: &str, names: &str, from: &str, until: &str) {
        self.issue(name, names);
        self.sh(&format!(
            "touch index.txt
             printf '[ca]\\ndefault_ca=d\\n[d]\\ndatabase=index.txt\\nnew_certs_dir=.\\nserial=serial\\ndefault_md=sha256\\npolicy=p\\nunique_subject=no\\n[p]\\ncommonName=supplied\\n' > ca.cnf
             openssl ca -rand_serial -batch -notext -config ca.cnf -cert nomad-ca.pem -keyfile nomad-ca.key -in {name}.csr -out {name}.pem -extfile {name}.cnf -startdate {from} -enddate {until}"
        ));
    }

    pub fn mode(&self, name: &str, mode: u32) {
        fs::set_permissions(self.dir.join(name), fs::Permissions::from_mode(mode)).unwrap();
    }

    /// The block of a server or client with certificate `name`, the checklist's keys and `more`.
    pub fn block(&self, name: &str, more: &str) -> String {
        format!(
            "tls {{\n  http = true\n  rpc = true\n  ca_file = {:?}\n  cert_file = {:?}\n  key_file = {:?}\n  verify_server_hostname = true\n{more}\n}}\n",
            self.path("nomad-ca.pem"),
            self.path(&format!("{name}.pem")),
            self.path(&format!("{name}.key")),
        )
    }

    /// What `openssl s_client` prints, given `input`, which it keeps open for as long as it takes to hear the answer.
    pub fn s_client(&self, port: u16, arguments: &str, input: &str) -> String {
        let output = self.run(&format!(
            "printf '{input}' | timeout 20 openssl s_client -connect 127.0.0.1:{port} {arguments} 2>&1 || true"
        ));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}
