//! Git repositories over ssh: a real sshd on loopback, with a host key and a user's key of its own.

use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::{eventually, free_port, skipped};

/// Where Debian puts it; it starts itself anew by this path.
const SSHD: &str = "/usr/sbin/sshd";

/// An sshd that lets the user of this process in, with one key; ended when dropped.
#[derive(Debug)]
pub struct SshServer {
    child: Child,
    dir: PathBuf,
    port: u16,
    user: String,
}

impl SshServer {
    /// Starts one that keeps its files in `dir`. `None`, loudly, where there is no sshd or it may not be started.
    #[must_use]
    pub fn start(dir: &Path) -> Option<Self> {
        let dir = dir.join("sshd");
        std::fs::create_dir_all(dir.join("run/sshd")).unwrap();
        for key in ["host", "other_host", "user", "stranger"] {
            let path = dir.join(key);
            let made = said("ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-C", key, "-f", text(&path)]);
            if let Err(reason) = made {
                skipped("artifacts over ssh", &reason);
                return None;
            }
        }
        let user = said("id", &["-un"]).unwrap();
        let port = free_port();
        let config = dir.join("config");
        std::fs::write(&config, configuration(&dir, port)).unwrap();
        let log = std::fs::File::create(dir.join("log")).unwrap();
        // The directory that sshd separates its privileges in belongs to the machine and may be missing.
        let script = "mount --bind \"$0/run\" /run && exec \"$@\"";
        let mut command = Command::new("unshare");
        command.args(["--mount", "sh", "-c", script, text(&dir), SSHD, "-D", "-e", "-f", text(&config)]);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap();
        let refused = eventually("sshd being there", Duration::from_secs(20), || {
            if let Some(status) = child.try_wait().unwrap() {
                let words = std::fs::read_to_string(dir.join("log")).unwrap_or_default();
                return Ok(Some(format!("sshd ended with {status}: {words}")));
            }
            TcpStream::connect(("127.0.0.1", port)).map(|_| None).map_err(|error| error.to_string())
        });
        if let Some(reason) = refused {
            skipped("artifacts over ssh", &reason);
            return None;
        }
        Some(Self { child, dir, port, user })
    }

    /// The address of a repository at this path.
    #[must_use]
    pub fn url(&self, path: &Path) -> String {
        format!("ssh://{}@127.0.0.1:{}{}", self.user, self.port, path.display())
    }

    /// A private key in PEM form: that of `user`, who is let in, or of a `stranger`.
    #[must_use]
    pub fn private_key(&self, of: &str) -> String {
        std::fs::read_to_string(self.dir.join(of)).unwrap()
    }

    /// A line for a list of known hosts: with the key of `host`, which is the server's, or of `other_host`.
    #[must_use]
    pub fn known_host(&self, key: &str) -> String {
        let public = std::fs::read_to_string(self.dir.join(format!("{key}.pub"))).unwrap();
        format!("[127.0.0.1]:{} {public}", self.port)
    }

    /// What it told of itself.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.dir.join("log")).unwrap_or_default()
    }
}

impl Drop for SshServer {
    fn drop(&mut self) {
        let _ended = (self.child.kill(), self.child.wait());
    }
}

fn configuration(dir: &Path, port: u16) -> String {
    let key = std::fs::read_to_string(dir.join("user.pub")).unwrap();
    let (host, authorized) = (dir.join("host"), dir.join("authorized_keys"));
    std::fs::write(&authorized, key).unwrap();
    format!(
        "Port {port}\nListenAddress 127.0.0.1\nHostKey {}\nAuthorizedKeysFile {}\nPidFile none\nLogLevel VERBOSE\n\
         StrictModes no\nUsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n\
         PermitRootLogin prohibit-password\nAllowTcpForwarding no\nX11Forwarding no\nPermitUserEnvironment no\n",
        host.display(),
        authorized.display()
    )
}

fn said(program: &str, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(program).args(arguments).output();
    let output = output.map_err(|error| format!("{program}: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    Err(format!("{program}: {}: {}", output.status, String::from_utf8_lossy(&output.stderr)))
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
