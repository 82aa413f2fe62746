//! The loopback gate, case by case.

#![expect(clippy::unwrap_used, reason = "tests")]

use muster_config::{Control, EffectiveAddresses, GateRefusal, check_loopback, decide, parse};
use muster_hcl::Source;

const SERVER: &str = "data_dir = \"/d\"\nserver { enabled = true }\n";
const CLIENT: &str = "data_dir = \"/d\"\nclient { enabled = true }\n";
const TLS: &str =
    "tls {\n http = true\n rpc = true\n ca_file = \"/ca\"\n cert_file = \"/cert\"\n key_file = \"/key\"\n}\n";
const ACLS: &str = "acl { enabled = true }\n";
const KEY: &str = "server { encrypt = \"cg8StVXbQJ0gPvMd9o7yrg==\" }\n";

fn gate(parts: &[&str]) -> Result<EffectiveAddresses, GateRefusal> {
    let input = parse(&Source::new("agent.hcl", parts.concat())).unwrap();
    check_loopback(&decide(input, false).unwrap().0)
}

fn refused(parts: &[&str]) -> GateRefusal {
    gate(parts).unwrap_err()
}

fn socket(text: &str) -> std::net::SocketAddr {
    text.parse().unwrap()
}

#[test]
fn without_a_bind_address_the_agent_serves_loopback() {
    let addresses = gate(&[SERVER]).unwrap();
    assert_eq!(addresses.http, [socket("127.0.0.1:4646")]);
    assert_eq!((addresses.rpc, addresses.serf), (socket("127.0.0.1:4647"), socket("127.0.0.1:4648")));
    assert_eq!(
        (addresses.advertise_http, addresses.advertise_rpc),
        (socket("127.0.0.1:4646"), socket("127.0.0.1:4647"))
    );
}

#[test]
fn every_form_of_loopback_passes() {
    for bind in ["127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost", "LOCALHOST", "::ffff:127.0.0.1"] {
        assert!(gate(&[SERVER, &format!("bind_addr = \"{bind}\"\n")]).is_ok(), "{bind}");
    }
    let text = "ports { http = 5646 }\naddresses { http = \"127.0.0.1 ::1\" }\nadvertise { rpc = \"localhost:7000\" http = \"[::1]:9\" serf = \"127.0.0.2\" }\n";
    let addresses = gate(&[SERVER, text]).unwrap();
    assert_eq!(addresses.http, [socket("127.0.0.1:5646"), socket("[::1]:5646")]);
    assert_eq!(addresses.advertise_rpc, socket("127.0.0.1:7000"));
    assert_eq!(addresses.advertise_http, socket("[::1]:9"));
    assert_eq!(addresses.advertise_serf, socket("127.0.0.2:4648"));
    let join =
        "server { server_join { retry_join = [\"127.0.0.1\", \"localhost:4648\", \"[::1]:4648\"] } }\n";
    assert!(gate(&[SERVER, join]).is_ok());
    assert!(gate(&[CLIENT, "client { servers = [\"127.0.0.1:4647\"] }\n"]).is_ok());
}

/// Each: role, configuration, the key at fault.
const BEYOND: &[(&str, &str, &str)] = &[
    (SERVER, "bind_addr = \"0.0.0.0\"\n", "bind_addr"),
    (SERVER, "bind_addr = \"::\"\n", "bind_addr"),
    (SERVER, "bind_addr = \"10.0.0.5\"\n", "bind_addr"),
    (SERVER, "bind_addr = \"{{ GetInterfaceIP \\\"lo\\\" }}\"\n", "bind_addr"),
    (SERVER, "bind_addr = \"node1.example\"\n", "bind_addr"),
    (SERVER, "bind_addr = \"localhost.example\"\n", "bind_addr"),
    (SERVER, "bind_addr = \"127.0.0.1.example\"\n", "bind_addr"),
    (SERVER, "bind_addr = \"127.1\"\n", "bind_addr"),
    (SERVER, "bind_addr = \"::ffff:10.0.0.5\"\n", "bind_addr"),
    (SERVER, "addresses { http = \"127.0.0.1 192.168.1.1\" }\n", "addresses.http"),
    (SERVER, "addresses { rpc = \"0.0.0.0\" }\n", "addresses.rpc"),
    (SERVER, "addresses { serf = \"10.0.0.5\" }\n", "addresses.serf"),
    (SERVER, "advertise { http = \"10.0.0.5\" }\n", "advertise.http"),
    (SERVER, "advertise { rpc = \"10.0.0.5:4647\" }\n", "advertise.rpc"),
    (SERVER, "advertise { serf = \"0.0.0.0\" }\n", "advertise.serf"),
    (SERVER, "advertise { rpc = \"127.0.0.1:port\" }\n", "advertise.rpc"),
    (SERVER, "server { server_join { start_join = [\"10.0.0.6\"] } }\n", "server.server_join.start_join"),
    (
        SERVER,
        "server { server_join { retry_join = [\"provider=aws tag_key=a tag_value=b\"] } }\n",
        "server.server_join.retry_join",
    ),
    (SERVER, "server { retry_join = [\"[2001:db8::1]:4648\"] }\n", "server.server_join.retry_join"),
    (CLIENT, "client { servers = [\"10.0.0.6:4647\"] }\n", "client.servers"),
    (CLIENT, "client { server_join { retry_join = [\"server.example\"] } }\n", "client.server_join"),
];

#[test]
fn every_address_beyond_loopback_is_refused_whatever_is_configured() {
    for (role, text, key) in BEYOND {
        let bare = refused(&[role, text]);
        assert_eq!(bare.offences.iter().map(|offence| offence.key).collect::<Vec<_>>(), [*key], "{text}");
        let key_part = if *role == SERVER { KEY } else { "" };
        let secured = refused(&[role, text, TLS, ACLS, key_part]);
        assert_eq!(secured.missing, [], "{text}");
        let said = secured.to_string();
        assert!(said.contains("ACL policies and encrypted gossip are not in this version yet"), "{said}");
        assert!(said.contains(&format!("`{key}`")), "{said}");
    }
}

#[test]
fn each_missing_control_is_named_with_what_supplies_it() {
    let beyond = "bind_addr = \"10.0.0.5\"\n";
    assert_eq!(refused(&[SERVER, beyond]).missing, [Control::MutualTls, Control::Acls, Control::GossipKey]);
    assert_eq!(
        refused(&[CLIENT, beyond]).missing,
        [Control::MutualTls, Control::Acls],
        "clients do not gossip"
    );
    assert_eq!(refused(&[SERVER, beyond, TLS]).missing, [Control::Acls, Control::GossipKey]);
    assert_eq!(refused(&[SERVER, beyond, ACLS]).missing, [Control::MutualTls, Control::GossipKey]);
    assert_eq!(refused(&[SERVER, beyond, KEY]).missing, [Control::MutualTls, Control::Acls]);
    let half = TLS.replace(" http = true\n", "");
    assert_eq!(
        refused(&[SERVER, beyond, &half, ACLS, KEY]).missing,
        [Control::MutualTls],
        "tls.rpc alone is not enough"
    );

    let said = refused(&[SERVER, beyond]).to_string();
    for part in [
        "tls { http = true",
        "acl { enabled = true }",
        "openssl rand -base64 32",
        "server { encrypt",
        "127.0.0.1",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[test]
fn all_offending_addresses_are_told_at_once() {
    let text = "bind_addr = \"0.0.0.0\"\nadvertise { rpc = \"10.0.0.5\" }\nserver { retry_join = [\"10.0.0.6\", \"10.0.0.7\"] }\n";
    let refusal = refused(&[SERVER, text]);
    let addresses: Vec<_> = refusal.offences.iter().map(|offence| offence.address.as_str()).collect();
    assert_eq!(addresses, ["0.0.0.0", "10.0.0.5", "10.0.0.6", "10.0.0.7"]);
    assert_eq!(refusal.to_string().matches("missing: mutual TLS, ACLs, a gossip key").count(), 4);
}

#[test]
fn dev_mode_is_held_to_the_same_rule() {
    let input = parse(&Source::new("agent.hcl", "bind_addr = \"0.0.0.0\"\n")).unwrap();
    assert!(check_loopback(&decide(input, true).unwrap().0).is_err());
}
