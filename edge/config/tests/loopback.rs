//! The loopback gate, case by case.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::net::IpAddr;

use muster_config::{
    Control, EffectiveAddresses, GateRefusal, Machine, Waiver, check_loopback, decide, parse,
};
use muster_hcl::Source;

const SERVER: &str = "data_dir = \"/d\"\nserver { enabled = true }\n";
const CLIENT: &str = "data_dir = \"/d\"\nclient { enabled = true }\n";
const TLS: &str =
    "tls {\n http = true\n rpc = true\n ca_file = \"/ca\"\n cert_file = \"/cert\"\n key_file = \"/key\"\n}\n";
const ACLS: &str = "acl { enabled = true }\n";
const KEY: &str = "server { encrypt = \"cg8StVXbQJ0gPvMd9o7yrg==\" }\n";

fn machine() -> Machine {
    let interfaces = [("lo", "127.0.0.1"), ("eth0", "10.0.0.5"), ("eth1", "192.168.1.1")];
    let interfaces = interfaces.map(|(name, ip)| (name.to_owned(), ip.parse().unwrap())).to_vec();
    let names = [("node1.example".to_owned(), "10.0.0.5".parse::<IpAddr>().unwrap())].into();
    Machine { interfaces, default_interface: Some("eth0".to_owned()), names }
}

fn gate(parts: &[&str]) -> Result<EffectiveAddresses, GateRefusal> {
    let input = parse(&Source::new("agent.hcl", parts.concat())).unwrap();
    check_loopback(&decide(input, false).unwrap().0, &machine())
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

/// Each: role, configuration, the key at fault, and whether it is an address of this machine that may be served or
/// joined once all controls are there.
const BEYOND: &[(&str, &str, &str, bool)] = &[
    (SERVER, "bind_addr = \"0.0.0.0\"\n", "bind_addr", true),
    (SERVER, "bind_addr = \"::\"\n", "bind_addr", true),
    (SERVER, "bind_addr = \"10.0.0.5\"\n", "bind_addr", true),
    (SERVER, "bind_addr = \"{{ GetInterfaceIP \\\"eth0\\\" }}\"\n", "bind_addr", true),
    (SERVER, "bind_addr = \"node1.example\"\n", "bind_addr", false),
    (SERVER, "bind_addr = \"localhost.example\"\n", "bind_addr", false),
    (SERVER, "bind_addr = \"127.0.0.1.example\"\n", "bind_addr", false),
    (SERVER, "bind_addr = \"127.1\"\n", "bind_addr", false),
    (SERVER, "bind_addr = \"::ffff:10.0.0.5\"\n", "bind_addr", true),
    (SERVER, "addresses { http = \"127.0.0.1 192.168.1.1\" }\n", "addresses.http", true),
    (SERVER, "addresses { rpc = \"0.0.0.0\" }\n", "addresses.rpc", true),
    (SERVER, "addresses { serf = \"10.0.0.5\" }\n", "addresses.serf", true),
    (SERVER, "advertise { http = \"10.0.0.5\" }\n", "advertise.http", true),
    (SERVER, "advertise { http = \"node1.example:4646\" }\n", "advertise.http", true),
    (SERVER, "advertise { http = \"node2.example\" }\n", "advertise.http", false),
    (SERVER, "advertise { rpc = \"10.0.0.5:4647\" }\n", "advertise.rpc", true),
    (SERVER, "advertise { rpc = \"{{ GetPrivateIP }}:4747\" }\n", "advertise.rpc", true),
    (SERVER, "advertise { serf = \"0.0.0.0\" }\n", "advertise.serf", false),
    (SERVER, "advertise { rpc = \"127.0.0.1:port\" }\n", "advertise.rpc", false),
    (
        SERVER,
        "server { server_join { start_join = [\"10.0.0.6\"] } }\n",
        "server.server_join.start_join",
        true,
    ),
    (
        SERVER,
        "server { server_join { retry_join = [\"provider=aws tag_key=a tag_value=b\"] } }\n",
        "server.server_join.retry_join",
        true,
    ),
    (SERVER, "server { retry_join = [\"[2001:db8::1]:4648\"] }\n", "server.server_join.retry_join", true),
    (CLIENT, "client { servers = [\"10.0.0.6:4647\"] }\n", "client.servers", true),
    (CLIENT, "client { server_join { retry_join = [\"server.example\"] } }\n", "client.server_join", true),
];

#[test]
fn nothing_beyond_loopback_is_served_or_joined_without_all_controls() {
    for (role, text, key, _) in BEYOND {
        let bare = refused(&[role, text]);
        assert_eq!(bare.offences.iter().map(|offence| offence.key).collect::<Vec<_>>(), [*key], "{text}");
        assert!(!bare.missing.is_empty(), "{text}");
        assert!(bare.to_string().contains(&format!("`{key}`")), "{bare}");
    }
}

#[test]
fn with_all_controls_every_address_of_the_machine_is_served() {
    for (role, text, key, usable) in BEYOND {
        let key_part = if *role == SERVER { KEY } else { "" };
        match gate(&[role, text, TLS, ACLS, key_part]) {
            Ok(addresses) => {
                assert!(usable, "{text}");
                assert!(addresses.beyond_loopback && addresses.waived.is_empty(), "{text}");
                let told = [addresses.advertise_http, addresses.advertise_rpc, addresses.advertise_serf];
                assert!(told.iter().all(|address| !address.ip().is_unspecified()), "{text}: {told:?}");
            }
            Err(refusal) => {
                assert!(!usable, "{text}: {refusal}");
                assert_eq!((refusal.faults.len(), refusal.missing.len()), (1, 0), "{text}: {refusal}");
                assert!(refusal.to_string().contains(&format!("`{key}`")), "{refusal}");
            }
        }
    }
}

#[test]
fn an_agent_with_all_controls_serves_every_interface_by_itself() {
    let addresses = gate(&[SERVER, TLS, ACLS, KEY]).unwrap();
    assert_eq!(addresses.http, [socket("0.0.0.0:4646")]);
    assert_eq!((addresses.rpc, addresses.serf), (socket("0.0.0.0:4647"), socket("0.0.0.0:4648")));
    assert_eq!(addresses.advertise_rpc, socket("10.0.0.5:4647"));
    assert!(addresses.beyond_loopback);
    assert!(
        !gate(&[CLIENT, TLS, ACLS]).unwrap().http.contains(&socket("127.0.0.1:4646")),
        "clients do not gossip"
    );
    for part in [[TLS, ACLS], [TLS, KEY], [ACLS, KEY]] {
        let addresses = gate(&[SERVER, part[0], part[1]]).unwrap();
        assert_eq!((addresses.rpc, addresses.beyond_loopback), (socket("127.0.0.1:4647"), false), "{part:?}");
    }
    let input = parse(&Source::new("agent.hcl", [SERVER, TLS, ACLS, KEY].concat())).unwrap();
    let alone = check_loopback(&decide(input, false).unwrap().0, &Machine::default()).unwrap();
    assert_eq!(alone.rpc, socket("127.0.0.1:4647"), "a machine that nobody reaches");
}

#[test]
fn what_is_waived_by_name_is_not_asked_for_and_is_remembered() {
    let beyond = "bind_addr = \"10.0.0.5\"\n";
    let all = "insecure_allow = [\"plaintext-rpc\", \"plaintext-http\", \"no-acls\", \"plaintext-gossip\"]\n";
    let waived = gate(&[SERVER, beyond, all]).unwrap().waived;
    assert_eq!(
        waived,
        [Waiver::PlaintextHttp, Waiver::PlaintextRpc, Waiver::NoAcls, Waiver::PlaintextGossip]
    );
    assert_eq!(gate(&[SERVER, all]).unwrap().waived, [], "on loopback nothing is missing");
    assert_eq!(gate(&[SERVER, beyond, TLS, ACLS, KEY, all]).unwrap().waived, [], "nor where all is there");
    let half = "insecure_allow = [\"plaintext-rpc\"]\n";
    assert_eq!(
        refused(&[SERVER, beyond, ACLS, KEY, half]).missing,
        [Control::MutualTls],
        "HTTP is still plain"
    );
    let tls_http = TLS.replace(" rpc = true\n", "");
    assert_eq!(gate(&[SERVER, beyond, &tls_http, ACLS, KEY, half]).unwrap().waived, [Waiver::PlaintextRpc]);
    let anybody = TLS.replace(" rpc = true\n", " rpc = true\n verify_https_client = false\n");
    let refusal = refused(&[SERVER, beyond, &anybody, ACLS, KEY]);
    assert_eq!(
        (refusal.missing, refusal.waivers),
        (vec![Control::MutualTls], vec![Waiver::UnverifiedHttpsClients])
    );
    let open = "insecure_allow = [\"unverified-https-clients\"]\n";
    let waived = gate(&[SERVER, beyond, &anybody, ACLS, KEY, open]).unwrap().waived;
    assert_eq!(waived, [Waiver::UnverifiedHttpsClients]);
    let input = parse(&Source::new("agent.hcl", [SERVER, "insecure_allow = [\"all\"]\n"].concat())).unwrap();
    let errors = decide(input, false).unwrap_err().join("\n");
    assert!(errors.contains("`all`") && errors.contains("plaintext-gossip"), "{errors}");
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
        "gossip keyring generate",
        "server { encrypt",
        "127.0.0.1",
        "muster operator setup server",
        "insecure_allow = [\"plaintext-http\", \"plaintext-rpc\", \"no-acls\", \"plaintext-gossip\"]",
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
    assert!(check_loopback(&decide(input, true).unwrap().0, &machine()).is_err());
}
