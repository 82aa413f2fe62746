//! Certificates replaced while an agent runs, and the commands that make them, through the binary called `nomad`.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "tls/agents.rs"]
#[allow(dead_code, reason = "each test file uses its part")]
mod agents;
mod common;
#[path = "tls/pki.rs"]
#[allow(dead_code, reason = "each test file uses its part")]
mod pki;

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output, Stdio};

use agents::{Caller, url, wait_log};
use common::{LIMIT, as_nomad, nomad};
use muster_testkit::{Agent, eventually};
use pki::Pki;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::tempdir;

fn hang_up(agent: &Agent) {
    kill_process(Pid::from_raw(agent.pid().cast_signed()).unwrap(), Signal::HUP).unwrap();
}

/// The certificate that a port shows.
fn fingerprint(pki: &Pki, port: u16) -> String {
    let own = "-cert cli.pem -key cli.key -alpn muster/1,http/1.1";
    let script = format!(
        "openssl s_client -connect 127.0.0.1:{port} {own} </dev/null 2>/dev/null | openssl x509 -noout -fingerprint -sha256"
    );
    String::from_utf8(pki.run(&script).stdout).unwrap()
}

/// R129 and what it leaves open: half a pair, another authority, open connections, resumption.
#[test]
fn certificate_key_and_authority_are_replaced_together_or_not_at_all() {
    let root = tempdir().unwrap();
    let pki = Pki::new(root.path(), "pki");
    pki.issue("server", "server.global.nomad,localhost");
    pki.issue("cli", "cli.global.nomad");
    let mut options = as_nomad(&root, "server").server();
    options.config.push_str(&pki.block("server", ""));
    let caller = Caller { pki: &pki, certificate: "cli" };
    let agent = caller.start(options);
    let ports = [agent.options.http_port, agent.options.rpc_port];
    let shown = || ports.map(|port| fingerprint(&pki, port));
    let old = shown();
    assert!(old[0] == old[1] && old[0].contains("Fingerprint="), "one certificate for both: {old:?}");

    // A connection that stays open over all of it.
    let mut follower = caller.curl_command();
    let mut follower = follower.args(["-N", &url(&agent, "/v1/agent/monitor?plain=true&log_level=info")]);
    follower = follower.stdout(Stdio::piped());
    let mut follower = follower.spawn().unwrap();
    let mut lines = BufReader::new(follower.stdout.take().unwrap()).lines();

    // Half of the pair: refused, told, and nothing changes.
    pki.issue("next", "server.global.nomad,localhost");
    pki.sh("cp server.pem old.pem; cp server.key old.key; cp next.pem server.pem");
    hang_up(&agent);
    wait_log(&agent, &["TLS: the certificates were not replaced", "private key does not belong"]);
    let (status, answer) = caller.curl(&agent, "/v1/agent/reload", &["-X", "PUT"]).unwrap();
    assert!(status == 500 && answer.contains("private key does not belong"), "{status} {answer}");
    assert_eq!(shown(), old);
    // A file that was copied by half.
    pki.sh("head -c 300 next.pem > server.pem");
    hang_up(&agent);
    wait_log(&agent, &["TLS: the certificates were not replaced", "server.pem", "PEM"]);
    assert_eq!(shown(), old);

    // Both.
    pki.sh("cp next.pem server.pem; cp next.key server.key");
    hang_up(&agent);
    eventually("the new certificate being shown", LIMIT, || {
        let new = shown();
        (new[0] != old[0] && new[0] == new[1]).then_some(()).ok_or(format!("{new:?}"))
    });
    let resumed = pki.run(&format!(
        "openssl s_client -connect 127.0.0.1:{0} -cert cli.pem -key cli.key -sess_out session </dev/null >/dev/null 2>&1 || true
         test -s session && openssl s_client -connect 127.0.0.1:{0} -cert cli.pem -key cli.key -sess_in session </dev/null 2>&1 || true",
        ports[0]
    ));
    assert!(!String::from_utf8_lossy(&resumed.stdout).contains("Reused"), "{resumed:?}");

    // Another authority: those of the old one are not let in any more, those of the new one are.
    let other = Pki::new(root.path(), "other");
    other.issue("server", "server.global.nomad,localhost");
    other.issue("cli", "cli.global.nomad");
    let copy = format!(
        "cp {0}/server.pem {0}/server.key {1}/; cp {0}/nomad-ca.pem {1}/nomad-ca.pem",
        other.dir.display(),
        pki.dir.display()
    );
    pki.sh(&copy);
    let newcomer = Caller { pki: &other, certificate: "cli" };
    hang_up(&agent);
    eventually("the new authority counting", LIMIT, || {
        newcomer.curl(&agent, "/v1/agent/health", &[]).map(drop)
    });
    // It trusts the new authority and shows a certificate of the old one.
    let refused = caller.curl(&agent, "/v1/agent/health", &[]);
    assert!(refused.is_err(), "{refused:?}");
    wait_log(&agent, &["TLS handshake failed", "not signed by the configured CA"]);

    // The connection that was open has seen it all.
    let seen =
        lines.by_ref().map_while(Result::ok).find(|line| line.contains("not signed by the configured CA"));
    assert!(seen.is_some());
    follower.kill().unwrap();
    follower.wait().unwrap();
}

fn run(dir: &std::path::Path, binary: &std::path::Path, line: &str) -> Output {
    Command::new(binary).args(line.split_whitespace()).current_dir(dir).output().unwrap()
}

/// From nothing to a server that answers, with the program's own commands.
#[test]
fn the_commands_make_what_agents_and_openssl_accept() {
    let root = tempdir().unwrap();
    let pki = Pki::empty(root.path(), "made");
    let binary = nomad(&root);
    let ok = |line: &str| {
        let output = run(&pki.dir, &binary, line);
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let refused = |line: &str| {
        let output = run(&pki.dir, &binary, line);
        assert_eq!(output.status.code(), Some(1), "{line}");
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(refused("tls cert create -server").contains("`tls ca create` makes one"));
    assert_eq!(
        ok("tls ca create -name-constraint -additional-domain example.com -organization Org"),
        "==> CA certificate saved to: nomad-agent-ca.pem\n==> CA certificate key saved to: nomad-agent-ca-key.pem\n"
    );
    assert!(refused("tls ca create").contains("already exists"));
    assert!(
        refused("tls ca create -additional-domain a.example -domain other")
            .contains("needs -name-constraint")
    );
    let info = ok("tls ca info nomad-agent-ca.pem");
    assert!(info.contains("nomad, example.com, localhost") && info.contains("ECDSA, 256 bits"), "{info}");

    let server =
        ok("tls cert create -server -additional-dnsname server.example.com -additional-ipaddress 10.1.2.3");
    assert!(server.contains("==> Server Certificate saved to: global-server-nomad.pem\n"), "{server}");
    assert!(
        server.contains("==> Server Certificate key saved to: global-server-nomad-key.pem\n"),
        "{server}"
    );
    ok("tls cert create -client -days 30");
    ok("tls cert create -cli");
    ok("tls cert create -client -region eu");
    let info = ok("tls cert info global-server-nomad.pem");
    assert!(info.contains("server.global.nomad, localhost, server.example.com"), "{info}");
    assert!(info.contains("127.0.0.1, ::1, 10.1.2.3"), "{info}");
    for (line, why) in [
        ("tls cert create", "exactly one of -server, -client and -cli"),
        ("tls cert create -server -client", "exactly one of -server, -client and -cli"),
        ("tls cert create -server", "already exists"),
        ("tls cert create -client -region us -additional-dnsname other.org", "nvalid"),
        ("tls cert create -client -region us -additional-dnsname server.us.nomad", "must not"),
        ("tls cert create -cli -region us -days 0", "-days must be between"),
        ("tls ca info global-server-nomad.pem", "not the certificate of an authority"),
        ("tls cert info nothing.pem", "Error reading `nothing.pem`"),
    ] {
        let said = refused(line);
        assert!(said.contains(why), "{line}: {said}");
    }
    for entry in fs::read_dir(&pki.dir).unwrap() {
        let path = entry.unwrap().path();
        let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        let private = path.to_string_lossy().ends_with("key.pem");
        assert_eq!(mode, if private { 0o600 } else { 0o644 }, "{}", path.display());
    }
    pki.sh("openssl verify -x509_strict -purpose sslserver -CAfile nomad-agent-ca.pem global-server-nomad.pem
            openssl verify -x509_strict -purpose sslclient -CAfile nomad-agent-ca.pem global-cli-nomad.pem
            cp nomad-agent-ca.pem nomad-ca.pem; cp global-server-nomad.pem s.pem; cp global-server-nomad-key.pem s.key
            cp global-cli-nomad.pem c.pem; cp global-cli-nomad-key.pem c.key");
    let mut options = as_nomad(&root, "server").server();
    options.config.push_str(&pki.block("s", ""));
    let caller = Caller { pki: &pki, certificate: "c" };
    let agent = caller.start(options);
    let listed = caller.cli(&agent, &["server", "members"]);
    assert!(listed.clone().ok().contains("alive"), "{listed:?}");
}
