//! What an agent tells of itself: log, metrics, machine, statistics; through the binary called `nomad`.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};

use common::{LIMIT, dev_agent, nomad, options, register, shell_job, wait_allocs, wait_nodes};
use muster_testkit::{Agent, eventually};
use tempfile::tempdir;

fn text(agent: &Agent, path: &str) -> (u16, String) {
    let client: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let mut response = client.get(format!("{}{path}", agent.address())).call().unwrap();
    (response.status().as_u16(), response.body_mut().read_to_string().unwrap())
}

#[test]
fn the_log_is_followed_over_the_api_and_over_the_node() {
    let root = tempdir().unwrap();
    let agent = dev_agent(&root);
    let node = agent.get("/v1/nodes")[0]["ID"].as_str().unwrap().to_owned();
    for extra in [vec![], vec![format!("-node-id={node}")], vec!["-json".to_owned()]] {
        let mut monitor = Command::new(nomad(&root))
            .args(["monitor", "-log-level=DEBUG"])
            .args(&extra)
            .env("NOMAD_ADDR", agent.address())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = std::sync::mpsc::channel();
        let output = monitor.stdout.take().unwrap();
        let reader = std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        eventually("a line of the log", LIMIT, || {
            // Each reload is worth a line.
            agent.put("/v1/agent/reload", &serde_json::json!({})).unwrap();
            let line = lines.try_iter().find(|line| line.contains("configuration read again"));
            line.map(|_| ()).ok_or_else(|| format!("{extra:?}"))
        });
        monitor.kill().unwrap();
        monitor.wait().unwrap();
        drop(lines);
        reader.join().unwrap();
    }
    let (status, said) = text(&agent, "/v1/agent/monitor?log_level=loud");
    assert_eq!((status, said.as_str()), (400, "Unknown log level: loud"));
    let (status, said) = text(&agent, &format!("/v1/agent/monitor?node_id={node}&server_id=x"));
    assert_eq!((status, said.as_str()), (400, "Cannot target node and server simultaneously"));
}

#[test]
fn frames_of_a_quiet_log_are_heartbeats() {
    let root = tempdir().unwrap();
    let agent = dev_agent(&root);
    let response = ureq::get(format!("{}/v1/agent/monitor?log_level=ERROR", agent.address())).call().unwrap();
    assert_eq!(response.headers()["content-type"], "application/json");
    let mut first = [0; 2];
    response.into_body().into_reader().read_exact(&mut first).unwrap();
    assert_eq!(&first, b"{}");
}

#[test]
fn metrics_tell_what_runs_in_both_forms() {
    let root = tempdir().unwrap();
    let agent = dev_agent(&root);
    register(&agent, &shell_job("measured", "service", 1, "exec sleep 1000"));
    wait_allocs(&agent, "measured", "running", 1);
    let gauge = |name: &str, label: (&str, &str)| {
        let metrics = agent.try_get("/v1/metrics")?;
        let gauges = metrics["Gauges"].as_array().cloned().unwrap_or_default();
        let found = gauges.iter().find(|gauge| gauge["Name"] == name && gauge["Labels"][label.0] == label.1);
        found.map(|gauge| gauge["Value"].as_f64().unwrap()).ok_or_else(|| format!("no {name} in {metrics}"))
    };
    eventually("the job's summary being measured", LIMIT, || {
        let running = gauge("nomad.nomad.job_summary.running", ("job", "measured"))?;
        let allocated = gauge("nomad.client.allocated.cpu", ("node_status", "ready"))?;
        if running == 1.0 && allocated == 10.0 { Ok(()) } else { Err(format!("{running} {allocated}")) }
    });
    let metrics = agent.get("/v1/metrics");
    assert!(metrics["Timestamp"].as_str().unwrap().ends_with("UTC"));
    let (status, prometheus) = text(&agent, "/v1/metrics?format=prometheus");
    assert_eq!(status, 200);
    for line in [
        "# TYPE nomad_nomad_job_summary_running gauge",
        "# TYPE nomad_nomad_worker_invoke_scheduler_service summary",
        "# TYPE nomad_raft_apply counter",
        "# TYPE nomad_client_host_memory_total gauge",
        "# TYPE nomad_client_allocs_memory_rss gauge",
    ] {
        assert!(prometheus.lines().any(|found| found == line), "{line}\n{prometheus}");
    }
}

#[test]
fn an_agent_knows_itself_and_its_machine_without_secrets() {
    let root = tempdir().unwrap();
    let agent = dev_agent(&root);
    let own = agent.get("/v1/agent/self");
    assert_eq!(own["stats"]["nomad"]["leader"], "true");
    assert_eq!(own["member"]["Status"], "alive");
    assert!(agent.cli(&["agent-info"]).ok().contains("nomad\n  bootstrap = true\n"));
    let host = agent.get("/v1/agent/host");
    assert!(host["OS"].as_str().unwrap().starts_with("Linux"));
    assert_eq!(host["Environment"]["XDG_STATE_HOME"], "<redacted>");
    assert_eq!(text(&agent, "/v1/agent/pprof/cmdline").1.split('\0').nth(1), Some("agent"));
    assert_eq!(text(&agent, "/v1/agent/pprof/heap").0, 501);
    assert_eq!(text(&agent, "/v1/agent/pprof/x"), (404, "Unknown profile: x".to_owned()));
    assert_eq!(agent.get("/v1/agent/servers").as_array().unwrap().len(), 1);
    let schedulers = agent.get("/v1/agent/schedulers");
    assert_eq!(schedulers["schedulers"][0]["status"], "Started");
    let (status, joined) = agent.put("/v1/agent/join?address=127.0.0.1", &serde_json::json!({})).unwrap();
    assert_eq!(status, 200);
    assert!(joined.contains("\"num_joined\":0") && joined.contains("one server"), "{joined}");
}

#[test]
fn any_request_is_sent_by_operator_api() {
    let root = tempdir().unwrap();
    let agent = dev_agent(&root);
    assert_eq!(agent.cli(&["operator", "api", "/v1/regions"]).ok(), "[\"global\"]");
    assert_eq!(agent.cli(&["operator", "api", "-X", "PUT", "system/gc"]).ok(), "");
    let shown = agent.cli(&["operator", "api", "-dryrun", "-token=hunter2", "-d", "{}", "jobs"]).ok();
    assert!(shown.starts_with("curl -X POST") && !shown.contains("hunter2"), "{shown}");
    let missing = agent.cli(&["operator", "api", "-verbose", "job/none"]);
    assert_eq!((missing.code, missing.stdout.as_str()), (1, "job not found"));
    assert!(missing.stderr.contains("< 404"), "{}", missing.stderr);
    assert_eq!(agent.cli(&["system", "reconcile", "summaries"]).code, 0);
}

#[test]
fn metadata_of_jobs_is_shown_with_their_metrics_where_it_is_wanted() {
    let root = tempdir().unwrap();
    let mut options = options(&root, "labels");
    options.args = vec!["-dev".to_owned()];
    options.config = "telemetry {\n  include_alloc_metadata_in_metrics = true\n  \
                      allowed_metadata_keys_in_metrics = [\"cost.centre\"]\n}\n"
        .to_owned();
    let agent = options.start();
    wait_nodes(&agent, 1);
    let mut job = shell_job("labelled", "service", 1, "exec sleep 1000");
    job["Meta"] = serde_json::json!({"cost.centre": "job", "other": "x"});
    job["TaskGroups"][0]["Tasks"][0]["Meta"] = serde_json::json!({"cost.centre": "task"});
    register(&agent, &job);
    eventually("the metric with its labels", LIMIT, || {
        let (_, prometheus) = text(&agent, "/v1/metrics?format=prometheus");
        let line = prometheus.lines().find(|line| line.starts_with("nomad_client_allocs_memory_rss{"));
        let line = line.ok_or("no memory is measured yet")?;
        assert!(line.contains("cost_centre=\"task\"") && !line.contains("other"), "{line}");
        Ok(())
    });
}

#[test]
fn one_address_holds_no_more_connections_than_configured() {
    let root = tempdir().unwrap();
    let mut options = options(&root, "connections");
    options.args = vec!["-dev".to_owned()];
    options.config = "limits {\n  http_max_conns_per_client = 8\n}\n".to_owned();
    let agent = options.start();
    let address = agent.address().trim_start_matches("http://").to_owned();
    let ask = || {
        let mut stream = TcpStream::connect(&address).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        stream.write_all(b"GET /v1/status/leader HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        let mut head = [0; 12];
        stream.read_exact(&mut head).unwrap();
        (String::from_utf8(head.to_vec()).unwrap(), stream)
    };
    // Whoever came before may still be counted, and may leave at any time.
    let mut held = Vec::new();
    let mut refused = loop {
        match ask() {
            (head, stream) if head == "HTTP/1.1 200" => held.push(stream),
            (head, stream) if head == "HTTP/1.1 429" => break stream,
            (head, _) => panic!("{head}"),
        }
        assert!(held.len() <= 8, "more than configured");
    };
    let mut rest = String::new();
    refused.read_to_string(&mut rest).unwrap();
    assert!(rest.starts_with(" Too Many Requests") && rest.ends_with("close some first"), "{rest}");
    drop(held);
    eventually("connections being accepted again", LIMIT, || agent.try_get("/v1/status/leader").map(drop));
}
