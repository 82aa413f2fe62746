#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use super::*;

fn metrics(host: Option<&str>) -> Metrics {
    // Long enough never to end within a test.
    let interval = Duration::from_secs(1_000_000_000);
    Metrics::new(MetricsConfig { interval, host: host.map(str::to_owned), ..MetricsConfig::default() })
}

#[test]
fn the_json_form_is_that_of_the_contract() {
    let metrics = metrics(Some("h1"));
    metrics.gauge(names::JOB_STATUS_DEAD, &[], 3.0);
    metrics.gauge(names::JOB_STATUS_DEAD, &[], 4.0);
    for value in [1.0, 3.0] {
        metrics.sample(names::PLAN_APPLY, &[("job", "a")], value);
    }
    metrics.count(names::RAFT_APPLY, &[], 2.0);
    metrics.gauge(names::JOB_STATUS_RUNNING, &[], f64::NAN);
    let json = metrics.json();
    assert!(json["Timestamp"].as_str().unwrap().ends_with(" +0000 UTC"));
    let gauges = json["Gauges"].as_array().unwrap();
    assert_eq!(gauges.len(), 1, "what is no number is no value");
    assert_eq!((&gauges[0]["Value"], &gauges[0]["Labels"]["host"]), (&4.0.into(), &"h1".into()));
    let sample = &json["Samples"][0];
    assert_eq!((&sample["Count"], &sample["Sum"], &sample["Min"]), (&2.into(), &4.0.into(), &1.0.into()));
    assert_eq!((&sample["Mean"], &sample["Max"]), (&2.0.into(), &3.0.into()));
    assert!((sample["Stddev"].as_f64().unwrap() - 2.0_f64.sqrt()).abs() < 1e-9);
    assert_eq!(json["Counters"][0]["Sum"], 2.0);
    assert_eq!(json["Points"], serde_json::json!([]));
}

#[test]
fn a_finished_interval_is_shown_and_the_next_begins_empty() {
    let mut kept =
        Kept { begun: SystemTime::UNIX_EPOCH, current: BTreeMap::new(), last: None, totals: BTreeMap::new() };
    let ten = Duration::from_secs(10);
    let series = Series { name: names::RAFT_APPLY, labels: Vec::new() };
    kept.current.entry(series).or_default().add(Kind::Counter, 1.0);
    kept.turn(SystemTime::UNIX_EPOCH + Duration::from_secs(9), ten);
    assert!(kept.last.is_none() && kept.current.len() == 1);
    kept.turn(SystemTime::UNIX_EPOCH + Duration::from_secs(12), ten);
    assert_eq!((kept.last.unwrap().1.len(), kept.current.len()), (1, 0));
    assert_eq!(kept.begun, SystemTime::UNIX_EPOCH + ten);
}

#[test]
fn prometheus_gets_totals_quantiles_and_escaped_labels() {
    let metrics = metrics(None);
    metrics.gauge(names::JOB_SUMMARY_RUNNING, &[("job", "a\"b"), ("task_group", "g")], 2.0);
    metrics.count(names::RAFT_APPLY, &[], 2.0);
    metrics.count(names::RAFT_APPLY, &[], 3.0);
    for value in 1..=100 {
        metrics.sample(names::RAFT_COMMIT_TIME, &[], f64::from(value));
    }
    let text = metrics.prometheus();
    let expected = [
        "# TYPE nomad_nomad_job_summary_running gauge",
        "nomad_nomad_job_summary_running{job=\"a\\\"b\",task_group=\"g\"} 2",
        "# TYPE nomad_raft_apply counter",
        "nomad_raft_apply 5",
        "# TYPE nomad_raft_commitTime summary",
        "nomad_raft_commitTime{quantile=\"0.5\"} 50",
        "nomad_raft_commitTime{quantile=\"0.99\"} 99",
        "nomad_raft_commitTime_sum 5050",
        "nomad_raft_commitTime_count 100",
    ];
    for line in expected {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
}

#[test]
fn the_documentation_lists_every_metric_and_no_other() {
    let documented = include_str!("../../../../docs/metrics.md").lines().filter_map(|line| {
        let mut cells = line.split('|').map(str::trim).skip(1);
        let name = cells.next()?.strip_prefix('`')?.strip_suffix('`')?;
        Some(format!("{name} {}", cells.next()?))
    });
    let mut documented: Vec<String> = documented.collect();
    let mut known: Vec<String> =
        names::ALL.iter().map(|name| format!("{} {:?}", name.text, name.kind)).collect();
    documented.sort();
    known.sort();
    assert_eq!(documented, known);
    known.dedup();
    assert_eq!(known.len(), names::ALL.len(), "two metrics of one name");
}

#[test]
fn metadata_neither_replaces_labels_nor_breaks_the_text_format() {
    let metrics = metrics(None);
    let metadata =
        [("job", "forged"), ("host", "forged"), ("cost.centre", "12"), ("cost_centre", "13"), ("9", "x")];
    metrics.gauge_with_metadata(names::ALLOCS_MEMORY_RSS, &[("job", "web")], metadata, 1.0);
    let text = metrics.prometheus();
    let line = "nomad_client_allocs_memory_rss{_9=\"x\",cost_centre=\"12\",job=\"web\"} 1";
    assert!(text.lines().any(|found| found == line), "{text}");
}
