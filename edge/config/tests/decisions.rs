//! Defaults, and what keeps an agent from starting.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;
use std::time::Duration;

use muster_config::{AgentConfig, AgentConfigInput, LogLevel, TlsVersion, decide, parse};
use muster_hcl::Source;
use muster_model::{JobType, Value};
use proptest::prelude::*;

fn input(text: &str) -> AgentConfigInput {
    parse(&Source::new("agent.hcl", text)).unwrap()
}

/// A server and client that start, and this.
fn with(text: &str) -> AgentConfigInput {
    input("data_dir = \"/var/lib/muster\"\nserver { enabled = true }\nclient { enabled = true }\n")
        .merge(input(text))
}

fn config(text: &str) -> AgentConfig {
    decide(with(text), false).unwrap().0
}

#[test]
fn defaults_are_those_of_the_contract() {
    let config = config("");
    assert_eq!((config.region.as_str(), config.datacenter.as_str()), ("global", "dc1"));
    assert_eq!((config.ports.http, config.ports.rpc, config.ports.serf), (4646, 4647, 4648));
    assert_eq!((config.log.level, config.bind_addr.as_deref()), (LogLevel::Info, None));
    let server = config.server.as_ref().unwrap();
    assert_eq!(
        server.enabled_schedulers,
        [JobType::Service, JobType::Batch, JobType::System, JobType::Sysbatch]
    );
    assert_eq!(
        (server.gc.job, server.heartbeat_grace),
        (Duration::from_secs(4 * 3600), Duration::from_secs(10))
    );
    assert_eq!(
        (server.job_default_priority, server.job_max_priority, server.job_max_count),
        (50, 100, 50_000)
    );
    assert_eq!(server.job_tracked_versions, 6);
    assert_eq!(server.server_join.retry_interval, Duration::from_secs(30));
    let client = config.client.as_ref().unwrap();
    assert_eq!((client.min_dynamic_port, client.max_dynamic_port), (20_000, 32_000));
    assert_eq!((client.node_pool.as_str(), client.max_kill_timeout), ("default", Duration::from_secs(30)));
    let data = Path::new("/var/lib/muster");
    assert_eq!(config.server_dir(data), data.join("server"));
    assert_eq!(config.state_dir(data), data.join("client"));
    assert_eq!(config.alloc_dir(data), data.join("alloc"));
}

#[test]
fn an_agent_is_only_what_is_enabled() {
    let config = decide(
        input("data_dir = \"/d\"\nclient { enabled = true }\nserver { heartbeat_grace = \"1s\" }\n"),
        false,
    )
    .unwrap()
    .0;
    assert!(config.server.is_none() && config.client.is_some());
}

#[test]
fn dev_mode_needs_nothing_and_gives_way_to_what_is_configured() {
    let (config, _) = decide(AgentConfigInput::default(), true).unwrap();
    assert!(config.dev && config.enable_debug && config.data_dir.is_none());
    assert_eq!(config.server.as_ref().unwrap().bootstrap_expect, 1);
    assert_eq!(config.client.as_ref().unwrap().gc.interval, Duration::from_secs(600));
    assert_eq!(config.plugins["raw_exec"].config["enabled"], Value::Bool(true));
    let (config, _) =
        decide(input("log_level = \"warn\"\nplugin \"raw_exec\" { config { enabled = false } }\n"), true)
            .unwrap();
    assert_eq!(config.log.level, LogLevel::Warn);
    assert_eq!(config.plugins["raw_exec"].config["enabled"], Value::Bool(false));
}

/// Each pair: configuration laid over one that starts, part of the error.
const REFUSALS: &[(&str, &str)] = &[
    ("data_dir = \"relative\"\n", "data-dir must be given as an absolute path: got relative"),
    ("client { state_dir = \"s\" }\n", "client.state_dir must be given as an absolute path: got s"),
    ("datacenter = \"dc*\"\n", "Datacenter contains invalid characters (null or '*')"),
    ("region = \"a\\u0000b\"\n", "Region contains invalid characters"),
    ("log_level = \"loud\"\n", "log level `loud` is unknown"),
    ("client { node_pool = \"all\" }\n", "Invalid node pool"),
    ("client { node_pool = \"a b\" }\n", "Invalid node pool"),
    ("client { host_volume \"v\" { read_only = true } }\n", "Missing path in host_volume config"),
    ("client {\n min_dynamic_port = 30000\n max_dynamic_port = 20000\n}\n", "Invalid dynamic port range"),
    ("client { reserved { reserved_ports = \"80-\" } }\n", "reserved.reserved_ports invalid: `` in `80-`"),
    ("client { reserved { cores = \"x\" } }\n", "reserved.cores invalid"),
    ("client { meta { \"a b\" = \"x\" } }\n", "Invalid Client.Meta key: `a b`"),
    ("client { gc_disk_usage_threshold = 120 }\n", "`client.gc_disk_usage_threshold` cannot be 120"),
    ("server { raft_protocol = 2 }\n", "raft_protocol must be 3"),
    ("server { raft_multiplier = 11 }\n", "raft_multiplier cannot be 11. Must be between 1 and 10"),
    ("server { job_max_priority = 99 }\n", "job_max_priority cannot be 99. Must be between 100 and 32766"),
    (
        "server { job_default_priority = 100 }\n",
        "job_default_priority cannot be 100. Must be between 50 and 99",
    ),
    ("server { job_tracked_versions = 0 }\n", "job_tracked_versions cannot be 0. Must be at least 1"),
    ("server { enabled_schedulers = [\"servce\"] }\n", "unknown job type `servce`"),
    ("server { encrypt = \"c2hvcnQ=\" }\n", "`server.encrypt` is not the base64 of 16, 24 or 32 bytes"),
    ("tls { http = true }\n", "`tls.ca_file` is not set"),
    ("tls { rpc_upgrade_mode = true }\n", "`tls.rpc_upgrade_mode` cannot be used"),
    ("tls { tls_min_version = \"tls10\" }\n", "TLS 1.0 and 1.1 are broken"),
    ("tls { tls_min_version = \"tls11\" }\n", "use \"tls12\" or \"tls13\""),
    ("tls { tls_min_version = \"1.3\" }\n", "`tls.tls_min_version` cannot be `1.3`"),
    (
        "tls { tls_cipher_suites = \"TLS_RSA_WITH_AES_128_CBC_SHA\" }\n",
        "accepted are TLS_AES_128_GCM_SHA256, TLS_AES_256_GCM_SHA384",
    ),
    ("tls { role_names { server = [\"*.com\"] } }\n", "so wide a pattern"),
    ("tls { role_names { server = [\"a.*.example.com\"] } }\n", "neither a DNS name nor"),
    ("tls { role_names { client = [\"server.global.nomad\"] } }\n", "have their meaning already"),
    ("tls { role_names { client = [\"localhost\"] } }\n", "every machine has this name"),
    (
        "tls { role_names { server = [\"a.example.com\"] client = [\"A.example.com\"] } }\n",
        "for servers and for clients",
    ),
    ("http_api_response_headers { \"a b\" = \"x\" }\n", "is not an HTTP header"),
    ("telemetry { prefix_filter = [\"nomad\"] }\n", "begins with neither + nor -"),
];

#[test]
fn what_keeps_an_agent_from_starting_is_said_plainly() {
    for (text, wanted) in REFUSALS {
        let errors = decide(with(text), false).unwrap_err();
        assert!(errors.iter().any(|error| error.contains(wanted)), "{text}: {errors:?}");
    }
}

#[test]
fn roles_and_data_directory_are_required() {
    let errors = decide(AgentConfigInput::default(), false).unwrap_err();
    assert_eq!(
        errors,
        [
            "Must specify either server, client or dev mode for the agent.",
            "Must specify \"data_dir\" config option or \"data-dir\" CLI flag"
        ]
    );
    let errors = decide(
        input("data_dir = \"/d\"\nclient { enabled = true }\nserver { bootstrap_expect = 1 }\n"),
        false,
    )
    .unwrap_err();
    assert_eq!(errors, ["Bootstrap requires server mode to be enabled"]);
}

#[test]
fn a_gossip_key_of_each_size_is_accepted() {
    for bytes in [16, 24, 32] {
        use base64::Engine as _;
        let key = base64::engine::general_purpose::STANDARD.encode(vec![7; bytes]);
        let config = config(&format!("server {{ encrypt = \"{key}\" }}\n"));
        assert_eq!(config.server.unwrap().encrypt.unwrap().expose(), key);
    }
}

#[test]
fn the_old_places_of_join_keys_still_count() {
    let server =
        config("server {\n retry_join = [\"127.0.0.1\"]\n server_join { retry_join = [\"::1\"] }\n}\n")
            .server
            .unwrap();
    assert_eq!(server.server_join.retry_join, ["127.0.0.1", "::1"]);
}

#[test]
fn warnings_do_not_keep_an_agent_from_starting() {
    let warned = |text: &str| {
        let warnings = decide(with(text), false).unwrap().1;
        warnings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(warned(""), "");
    assert!(warned("server { bootstrap_expect = 4 }\n").contains("an even number"));
    assert!(warned("server { oidc_issuer = \"http://x\" }\n").contains("https://"));
    assert!(warned("server { protocol_version = 1 }\n").contains("deprecated"));
    assert!(warned("consul { address = \"x\" }\n").contains("agent.hcl:1:1: `consul` has no effect"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn arbitrary_values_are_decided_or_refused_but_never_panic(
        text in "\\PC{0,20}",
        number in any::<i64>(),
        key in prop::sample::select(vec![
            "region", "datacenter", "log_level", "name", "bind_addr", "client.node_pool", "client.node_class", "server.encrypt",
            "server.job_max_priority", "server.bootstrap_expect", "client.reserved.reserved_ports", "client.meta.a",
        ]),
    ) {
        let quoted = text.replace('\\', "\\\\").replace('"', "\\\"");
        for value in [format!("\"{quoted}\""), number.to_string()] {
            let (path, last) = key.rsplit_once('.').map_or((None, key), |(path, last)| (Some(path), last));
            let mut line = format!("{last} = {value}");
            for block in path.into_iter().flat_map(|path| path.rsplit('.')) {
                line = format!("{block} {{ {line} }}");
            }
            if let Ok(input) = parse(&Source::new("x", line))
                && let Ok((config, _)) = decide(with("").merge(input), false)
            {
                let _ = muster_config::check_loopback(&config, &muster_config::Machine::default());
            }
        }
    }
}

#[test]
fn artifacts_have_the_contracts_limits_unless_told_otherwise() {
    let artifact = |text: &str| config(text).client.unwrap().artifact;
    let default = artifact("");
    assert_eq!((default.max_bytes, default.unpacked_bytes), (100_000_000_000, 100_000_000_000));
    assert_eq!((default.unpacked_files, default.git_timeout), (4_096, Duration::from_secs(1_800)));
    assert!(!default.disable_filesystem_isolation && default.environment.is_empty());
    let told = artifact(
        "client { artifact {
  http_max_size = \"1GiB\"
  decompression_file_count_limit = 0
  s3_timeout = \"5m\"
  set_environment_variables = \"HTTPS_PROXY, NETRC\"
  filesystem_isolation_extra_paths = [\"d:rx:/srv/keys\"]
} }",
    );
    assert_eq!((told.max_bytes, told.unpacked_files), (1 << 30, 0));
    assert_eq!(
        (told.s3_timeout, told.environment),
        (Duration::from_secs(300), vec!["HTTPS_PROXY".into(), "NETRC".into()])
    );
    for (text, want) in [
        ("http_max_size = \"lots\"", "`client.artifact.http_max_size` cannot be `lots`"),
        ("http_max_size = \"0\"", "cannot be 0"),
        ("git_timeout = \"0s\"", "`client.artifact.git_timeout` cannot be 0"),
        ("filesystem_isolation_extra_paths = [\"/srv\"]", "holds `/srv`"),
    ] {
        let errors =
            decide(with(&format!("client {{ artifact {{ {text} }} }}")), false).unwrap_err().join("\n");
        assert!(errors.contains(want), "{text}: {errors}");
    }
}

#[test]
fn options_written_twice_are_merged_and_told() {
    let text = "client {\n options = {\n  \"driver.blacklist\" = \"java,exec\"\n }\n options = {\n  \"driver.whitelist\" = \"docker,exec\"\n }\n}\n";
    let (config, warnings) = decide(input(text), true).unwrap();
    let options = config.client.unwrap().options;
    assert_eq!(options["driver.denylist"], "java,exec");
    assert_eq!(options["driver.allowlist"], "docker,exec");
    assert_eq!(options.len(), 2, "old names are gone");
    let said: Vec<String> = warnings.iter().map(ToString::to_string).collect();
    for word in ["written more than once", "`driver.denylist` now", "it is denied"] {
        assert!(said.iter().any(|line| line.contains(word)), "{word}: {said:?}");
    }
}

#[test]
fn cache_times_of_tokens_may_be_days_and_never_keep_a_revoked_token() {
    let (config, warnings) =
        decide(input("acl { enabled = true token_ttl = \"30d\" policy_ttl = \"60s\" }\n"), true).unwrap();
    assert!(config.acl.enabled);
    assert!(warnings.iter().any(|warning| warning.0.contains("acl.token_ttl")), "{warnings:?}");
    assert!(!warnings.iter().any(|warning| warning.0.contains("policy_ttl")), "{warnings:?}");
    let errors = decide(input("acl { token_ttl = \"soon\" }\n"), true).unwrap_err();
    assert!(errors[0].contains("`acl.token_ttl` is `soon`"), "{errors:?}");
}

#[test]
fn an_agent_that_leaves_empties_its_node_as_its_block_says() {
    use muster_model::{DrainDeadline, DrainSpec};
    let decided = |text: &str| {
        let (config, warnings) =
            decide(with(&format!("leave_on_terminate = true\nclient {{\n{text}\n}}")), false).unwrap();
        assert!(warnings.is_empty(), "{warnings:?}");
        config.client.unwrap().drain_on_shutdown
    };
    assert_eq!(decided(""), None);
    let hour = DrainDeadline::After(Duration::from_secs(3600));
    let spec = |deadline, ignore_system_jobs| Some(DrainSpec { deadline, ignore_system_jobs });
    assert_eq!(decided("drain_on_shutdown {}"), spec(hour, false));
    let minute = DrainDeadline::After(Duration::from_secs(60));
    assert_eq!(
        decided("drain_on_shutdown {\n deadline = \"1m\"\n ignore_system_jobs = true\n}"),
        spec(minute, true)
    );
    assert_eq!(decided("drain_on_shutdown {\n force = true\n}"), spec(DrainDeadline::Force, false));
    for (text, reason) in [
        ("force = true\n deadline = \"1m\"", "exclude each other"),
        ("deadline = \"0s\"", "must be greater than 0"),
    ] {
        let refused = decide(with(&format!("client {{\n drain_on_shutdown {{\n {text}\n }}\n}}")), false);
        assert!(refused.is_err_and(|errors| errors.join("\n").contains(reason)), "{text}");
    }
    let (_, warnings) = decide(with("client {\n drain_on_shutdown {}\n}"), false).unwrap();
    assert!(format!("{warnings:?}").contains("has no effect"), "{warnings:?}");
}

#[test]
fn tls_is_strict_unless_the_operator_says_otherwise() {
    let files = "ca_file = \"/ca\"\n cert_file = \"/cert\"\n key_file = \"/key\"\n";
    let tls = config(&format!("tls {{\n http = true\n rpc = true\n {files}}}\n")).tls;
    assert!(tls.verify_https_client && tls.is_mutual());
    assert_eq!((tls.min_version, tls.cipher_suites), (TlsVersion::Tls13, Vec::<String>::new()));
    let text = format!(
        "tls {{\n http = true\n rpc = true\n {files} tls_min_version = \"tls12\"\n verify_https_client = false\n \
         verify_server_hostname = false\n tls_prefer_server_cipher_suites = true\n \
         tls_cipher_suites = \"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305, tls_ecdhe_rsa_with_aes_256_gcm_sha384,TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256\"\n \
         role_names {{\n server = [\"Server.nomad.example.com\"]\n client = [\"*.nomad.example.com\"]\n }}\n}}\n"
    );
    let (config, warnings) = decide(with(&text), false).unwrap();
    assert_eq!(config.tls.min_version, TlsVersion::Tls12);
    assert_eq!(
        config.tls.cipher_suites,
        ["TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"]
    );
    assert_eq!(config.tls.role_names.server, ["server.nomad.example.com"]);
    let told = warnings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    for wanted in ["tls_prefer_server_cipher_suites", "verify_server_hostname", "verify_https_client"] {
        assert!(told.contains(wanted), "{told}");
    }
    let (_, warnings) =
        decide(with("tls { tls_cipher_suites = \"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384\" }\n"), false)
            .unwrap();
    assert!(warnings.iter().any(|warning| warning.0.contains("TLS 1.2 only")), "{warnings:?}");
}
