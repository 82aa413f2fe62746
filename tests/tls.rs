//! Mutual TLS between agents and to the API, with certificates made by openssl, through the binary called `nomad`.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "tls/agents.rs"]
mod agents;
mod common;
#[path = "tls/pki.rs"]
mod pki;
#[path = "tls/proxy.rs"]
mod proxy;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::Duration;

use agents::{Caller, refusal, wait_log};
use common::{LIMIT, as_nomad};
use muster_testkit::{Agent, AgentOptions, eventually};
use pki::{CA, CLIENT_WITHOUT_NAMES, FREE_FORM_SERVER, Pki};
use proxy::{Proxy, Tamper};
use tempfile::{TempDir, tempdir};

/// A hello between agents, as the shell's `printf` writes it: after it a listener says what it thinks of the caller.
const HELLO: &str = r"\000\000\000\021\202\246oldest\001\246newest\001";

fn server(root: &TempDir, name: &str, pki: &Pki, certificate: &str, more: &str) -> AgentOptions {
    let mut options = as_nomad(root, name).server();
    options.config.push_str(&pki.block(certificate, more));
    options
}

fn client(root: &TempDir, name: &str, rpc: u16, pki: &Pki, certificate: &str, more: &str) -> AgentOptions {
    let mut options = as_nomad(root, name).client(rpc, "");
    options.config.push_str(&pki.block(certificate, more));
    options
}

/// An authority with certificates for everybody who should be let in.
fn pki(root: &TempDir) -> Pki {
    let pki = Pki::new(root.path(), "pki");
    for (name, names) in [
        ("server", "server.global.nomad,localhost"),
        ("client", "client.global.nomad,localhost"),
        ("cli", "cli.global.nomad"),
    ] {
        pki.issue(name, names);
    }
    pki
}

/// R110 to R113: the guide's certificates are read, and what they lack is said with both ways to mend it.
#[test]
fn the_guides_certificates_are_refused_precisely_and_accepted_once_mapped() {
    let root = tempdir().unwrap();
    let pki = Pki::empty(root.path(), "pki");
    for script in [CA, FREE_FORM_SERVER, CLIENT_WITHOUT_NAMES] {
        pki.sh(script);
    }
    for key in ["nomad-server.key", "nomad-client.key"] {
        pki.mode(key, 0o600);
    }
    let said = refusal(server(&root, "refused-server", &pki, "nomad-server", "verify_https_client = true"));
    for wanted in [
        "TLS: ",
        "nomad-server.pem` does not name `server.global.nomad`",
        "`server.nomad.example.com`, `localhost`, `127.0.0.1`, `192.168.1.100`",
        "muster tls cert create -server -region global",
        "tls { role_names { server = [\"server.nomad.example.com\"] } }",
    ] {
        assert!(said.contains(wanted), "{wanted}: {said}");
    }
    let said = refusal(client(&root, "refused-client", 1, &pki, "nomad-client", ""));
    for wanted in [
        "does not name `client.global.nomad`",
        "its common name `client.nomad.example.com` is never taken for one",
        "muster tls cert create -client -region global",
    ] {
        assert!(said.contains(wanted), "{wanted}: {said}");
    }
    assert!(!said.contains("role_names"), "there is no name to map: {said}");

    // The same authority, its names mapped; the client's certificate with a name of the same kind.
    pki.issue("named-client", "client.nomad.example.com");
    let mapping = "role_names {\n  server = [\"server.nomad.example.com\"]\n  client = [\"client.nomad.example.com\"]\n}\n";
    let caller = Caller { pki: &pki, certificate: "named-client" };
    let first = caller.start(server(&root, "server", &pki, "nomad-server", mapping));
    let _second =
        caller.start(client(&root, "client", first.options.rpc_port, &pki, "named-client", mapping));
    caller.wait_nodes(&first, 1);
}

/// R004, R058, R060, R114, R118: both sides prove themselves, on both ports, whatever the machines are called.
#[test]
fn everything_is_mutual_tls_by_default() {
    let root = tempdir().unwrap();
    let pki = pki(&root);
    let caller = Caller { pki: &pki, certificate: "cli" };
    let first = caller.start(server(&root, "server", &pki, "server", ""));
    let second = caller.start(client(&root, "client", first.options.rpc_port, &pki, "client", ""));
    caller.wait_nodes(&first, 1);
    // The client's API, which passes the question on, too.
    for agent in [&first, &second] {
        let listed = caller.cli(agent, &["node", "status"]).ok();
        assert!(listed.contains("ready"), "{listed}");
        let port = agent.options.http_port;
        let shown = pki.s_client(port, "-showcerts -CAfile nomad-ca.pem", "");
        assert!(
            shown.contains("BEGIN CERTIFICATE") && shown.contains("Verify return code: 0 (ok)"),
            "{shown}"
        );
        assert!(shown.contains("Acceptable client certificate CA names\nCN = Nomad CA"), "{shown}");
        // Without a certificate nobody gets an answer (R114: also where the block does not say so).
        let denied = pki.s_client(port, "-quiet -CAfile nomad-ca.pem", r"GET /v1/nodes HTTP/1.0\r\n\r\n");
        assert!(denied.contains("certificate required") && !denied.contains("HTTP/1"), "{denied}");
        wait_log(agent, &["TLS", "127.0.0.1:", "shows no certificate", "verify_https_client"]);
    }
    let plain = format!("http://127.0.0.1:{}/v1/nodes", first.options.http_port);
    let plain = Command::new("curl").args(["-sS", "--max-time", "10", &plain]).output().unwrap();
    assert!(!plain.status.success());
    wait_log(&first, &["TLS", "what came is not TLS"]);
}

/// R119: works, and is not silent about it.
#[test]
fn skipping_verification_is_told_loudly() {
    let root = tempdir().unwrap();
    let (ours, theirs) = (pki(&root), Pki::new(root.path(), "other"));
    let caller = Caller { pki: &ours, certificate: "cli" };
    let agent = caller.start(server(&root, "server", &ours, "server", "verify_https_client = false"));
    theirs.issue("cli", "cli.global.nomad");
    let stranger = Caller { pki: &theirs, certificate: "cli" };
    let refused = stranger.cli(&agent, &["node", "status"]);
    assert_eq!(refused.code, 1);
    assert!(!refused.stderr.contains("WARNING"), "{refused:?}");
    let skipped = stranger.cli(&agent, &["node", "status", "-tls-skip-verify"]);
    assert!(skipped.stderr.contains("WARNING") && skipped.stderr.contains("-tls-skip-verify"), "{skipped:?}");
    skipped.ok();
}

/// R005, R007, R008, R059, R077, R159: who may not talk to a server, each with a line that says why.
#[test]
fn whoever_should_not_be_let_in_is_refused_with_a_line_that_says_why() {
    let root = tempdir().unwrap();
    let (ours, theirs) = (pki(&root), Pki::new(root.path(), "other"));
    let caller = Caller { pki: &ours, certificate: "cli" };
    let agent = caller.start(server(&root, "server", &ours, "server", ""));
    ours.issue("other-region", "client.eu.nomad");
    ours.issue("web", "web.example.com");
    ours.issue_dated("expired", "client.global.nomad", "20200101000000Z", "20210101000000Z");
    ours.issue_dated("early", "client.global.nomad", "20900101000000Z", "20910101000000Z");
    theirs.issue("forged", "server.global.nomad");
    let rpc = agent.options.rpc_port;
    for (of, certificate, why) in [
        (&ours, "", "shows no certificate"),
        (&theirs, "forged", "not signed by the configured CA"),
        (&ours, "other-region", "the certificate is a client's of region `eu`"),
        (&ours, "web", "the certificate names `web.example.com`"),
        (&ours, "cli", "the certificate names `cli.global.nomad`"),
        (&ours, "expired", "has expired on"),
        (&ours, "early", "not valid yet"),
    ] {
        let shown = match certificate {
            "" => String::new(),
            name => format!("-cert {name}.pem -key {name}.key"),
        };
        of.s_client(rpc, &format!("-quiet -alpn muster/1 {shown}"), HELLO);
        wait_log(&agent, &["TLS", "127.0.0.1:", why]);
    }
    // Something that is no agent at all.
    let mut stranger = TcpStream::connect(("127.0.0.1", rpc)).unwrap();
    stranger.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    wait_log(&agent, &["TLS", "does not speak the agents' protocol"]);

    // And a role that the configuration does not fit is found at the start.
    let said = refusal(server(&root, "wrong-role", &ours, "client", ""));
    assert!(
        said.contains("is the certificate of a client of region `global`, but this agent is a server"),
        "{said}"
    );
    let said = refusal(client(&root, "wrong-region", rpc, &ours, "other-region", ""));
    assert!(said.contains("of region `eu`, but this agent is a client of region `global`"), "{said}");
}

/// R007, R008 from the other side: a client that is led to somebody else than a server says what is wrong.
#[test]
fn a_client_does_not_take_another_client_for_a_server() {
    let root = tempdir().unwrap();
    let pki = pki(&root);
    let port = muster_testkit::free_port();
    let mut impostor = Command::new("openssl")
        .args(["s_server", "-quiet", "-alpn", "muster/1", "-accept", &port.to_string()])
        .args(["-cert", &pki.path("client.pem"), "-key", &pki.path("client.key")])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let misled = client(&root, "misled", port, &pki, "client", "").spawn();
    wait_log(&misled, &["TLS", "does not name `server.global.nomad`; it names `client.global.nomad`"]);
    impostor.kill().unwrap();
    impostor.wait().unwrap();
}

/// R057, R071: 1.3 alone unless 1.2 is chosen, and of that only what is safe.
#[test]
fn versions_and_suites_are_the_operators_choice_among_safe_ones() {
    let root = tempdir().unwrap();
    let pki = pki(&root);
    let caller = Caller { pki: &pki, certificate: "cli" };
    let strict = caller.start(server(&root, "strict", &pki, "server", ""));
    let chosen = "tls_min_version = \"tls12\"\ntls_cipher_suites = \"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,TLS_AES_256_GCM_SHA384\"";
    let older = caller.start(server(&root, "older", &pki, "server", chosen));
    for port in [strict.options.http_port, strict.options.rpc_port] {
        let spoken = try_out(&pki, port, "");
        assert!(spoken.contains("New, TLSv1.3"), "{spoken}");
        let refused = try_out(&pki, port, "-tls1_2");
        assert!(refused.contains("alert protocol version"), "{refused}");
    }
    for port in [older.options.http_port, older.options.rpc_port] {
        let spoken = try_out(&pki, port, "-tls1_2");
        assert!(spoken.contains("Cipher is ECDHE-ECDSA-AES256-GCM-SHA384"), "{spoken}");
        let spoken = try_out(&pki, port, "");
        assert!(spoken.contains("New, TLSv1.3, Cipher is TLS_AES_256_GCM_SHA384"), "{spoken}");
        for neither_chosen_nor_safe in [
            "-tls1_2 -cipher ECDHE-ECDSA-AES128-GCM-SHA256",
            "-tls1_2 -cipher ECDHE-ECDSA-AES128-SHA",
            "-tls1_1",
        ] {
            let refused = try_out(&pki, port, neither_chosen_nor_safe);
            assert!(refused.contains("Cipher is (NONE)"), "{refused}");
        }
    }
    for (key, value, wanted) in [
        ("tls_min_version", "tls11", "TLS 1.0 and 1.1 are broken"),
        ("tls_cipher_suites", "TLS_RSA_WITH_AES_128_CBC_SHA256", "accepted are TLS_AES_128_GCM_SHA256"),
        ("rpc_upgrade_mode", "true", "agents never speak to each other without TLS"),
    ] {
        let said = refusal(server(&root, key, &pki, "server", &format!("{key} = \"{value}\"")));
        assert!(said.contains(wanted), "{said}");
    }
}

fn try_out(pki: &Pki, port: u16, more: &str) -> String {
    let own = "-CAfile nomad-ca.pem -cert client.pem -key client.key -alpn muster/1,http/1.1";
    pki.s_client(port, &format!("{own} {more}"), "")
}

/// R128: a key that others could read is none.
#[test]
fn keys_that_others_may_read_are_refused_with_the_remedy() {
    let root = tempdir().unwrap();
    let pki = pki(&root);
    let wanted = format!("run `chmod 600 '{}'`", pki.path("server.key"));
    for mode in [0o640, 0o604, 0o666] {
        pki.mode("server.key", mode);
        for (part, off) in [("both", ""), ("api", "rpc = true"), ("agents", "http = true")] {
            let mut options = server(&root, &format!("{part}-{mode:o}"), &pki, "server", "");
            options.config = options.config.replace(off, &off.replace("true", "false"));
            let said = refusal(options);
            assert!(said.contains(&wanted), "{said}");
        }
    }
    pki.mode("server.key", 0o600);
    let _started = Caller { pki: &pki, certificate: "cli" }.start(server(&root, "good", &pki, "server", ""));
}

/// R006: what is between two agents can end their talk, and nothing else.
#[test]
fn nothing_said_in_the_middle_is_believed() {
    let root = tempdir().unwrap();
    let pki = pki(&root);
    let caller = Caller { pki: &pki, certificate: "cli" };
    // Told to everybody as the server's own address, so that nobody finds a way around it.
    let mut options = server(&root, "server", &pki, "server", "");
    let proxy = Proxy::to(options.rpc_port);
    options.config.push_str(&format!("advertise {{\n  rpc = \"127.0.0.1:{}\"\n}}\n", proxy.port));
    let agent = caller.start(options);
    let node = caller.start(client(&root, "client", proxy.port, &pki, "client", ""));
    caller.wait_nodes(&agent, 1);

    // Nothing that was said can be read.
    let said = proxy.said();
    assert!(said.len() > 2000, "the whole registration went through the proxy");
    for secret in ["NodeRegister", "raw_exec", "client.global.nomad", "kernel"] {
        let found = said.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!found, "`{secret}` is readable on the wire");
    }
    // Said again, it is refused.
    let refused = "TLS: refused a connection";
    let before = agent.output().matches(refused).count();
    let mut again = TcpStream::connect(("127.0.0.1", agent.options.rpc_port)).unwrap();
    again.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let _sent = again.write_all(&said);
    let _until_closed = again.read_to_end(&mut Vec::new());
    eventually("the replay being refused", LIMIT, || {
        let after = agent.output().matches(refused).count();
        (after > before).then_some(()).ok_or_else(|| agent.output())
    });

    // One bit changed, of the first word, of the handshake, of what follows it.
    for position in [40, 600, 1900] {
        let noticed = || {
            let output = agent.output();
            [refused, "TLS: a connection broke"]
                .iter()
                .map(|text| output.matches(text).count())
                .sum::<usize>()
        };
        let before = noticed();
        proxy.tamper(Tamper::Flip(position));
        eventually("a changed bit being noticed", LIMIT, || {
            (noticed() > before).then_some(()).ok_or_else(|| agent.output())
        });
    }
    // And left alone they find each other again.
    proxy.tamper(Tamper::Nothing);
    eventually("the node registering again", LIMIT, || back_again(&node));
}

fn back_again(node: &Agent) -> Result<(), String> {
    let output = node.output();
    let last = |text| output.rfind(text).unwrap_or(0);
    let lost = last("no connection to server").max(last("connection to server lost"));
    if last("registered") > lost { Ok(()) } else { Err(output) }
}
