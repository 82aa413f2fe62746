#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;

/// Runs `tell` with this log as the thread's own.
fn with(logs: &Logs, tell: impl FnOnce()) {
    let subscriber = tracing_subscriber::registry().with(layer::LogLayer::new(logs.clone()));
    tracing::subscriber::with_default(subscriber, tell);
}

struct Kept(Arc<Mutex<Vec<String>>>);

impl Sink for Kept {
    fn write(&mut self, _: Level, line: &str) {
        lock(&self.0).push(line.to_owned());
    }
}

fn kept(logs: &Logs) -> Arc<Mutex<Vec<String>>> {
    let lines = Arc::default();
    logs.add_sink(Box::new(Kept(Arc::clone(&lines))));
    lines
}

fn drain(watcher: &mut Watcher) -> Vec<String> {
    let mut text = String::new();
    watcher.more(&mut text, usize::MAX);
    text.lines().map(str::to_owned).collect()
}

#[test]
fn lines_name_level_part_message_and_fields() {
    let logs = Logs::new(Level::Info, Format::default());
    let lines = kept(&logs);
    with(&logs, || {
        tracing::info!(target: "muster_server::http", node = %"n1", count = 3, why = "a b", "it\nhappened");
    });
    let line = lock(&lines).pop().unwrap();
    let (time, rest) = line.split_once(' ').unwrap();
    assert!(time.parse::<jiff::Timestamp>().is_ok(), "{time}");
    assert_eq!(rest, "[INFO]  server: it\\nhappened: node=n1 count=3 why=\"a b\"");
}

#[test]
fn json_lines_are_json() {
    let logs = Logs::new(Level::Info, Format { json: true, location: true });
    let lines = kept(&logs);
    with(&logs, || tracing::warn!(target: "muster", count = 3, "hello"));
    let line: serde_json::Value = serde_json::from_str(&lock(&lines).pop().unwrap()).unwrap();
    assert_eq!(
        (&line["@level"], &line["@message"], &line["count"]),
        (&"warn".into(), &"hello".into(), &3.into())
    );
    assert_eq!(line["@module"], "agent");
    assert!(line["@caller"].as_str().unwrap().contains("tests.rs:"));
}

#[test]
fn the_level_changes_while_the_agent_runs_and_watchers_have_their_own() {
    let logs = Logs::new(Level::Warn, Format::default());
    let lines = kept(&logs);
    with(&logs, || {
        let tell = || tracing::debug!(target: "muster_client", "detail");
        tell();
        let mut watcher = logs.watch(Level::Debug, Format::default());
        tell();
        tracing::debug!(target: "hyper", "noise of a library");
        assert_eq!(drain(&mut watcher).len(), 1);
        assert!(lock(&lines).is_empty());
        drop(watcher);
        assert!(!logs.wanted("muster_client", tracing::Level::DEBUG), "nobody watches any more");
        logs.set_level(Level::Debug);
        tell();
        assert_eq!(lock(&lines).len(), 1);
    });
}

#[test]
fn a_filter_decides_by_target() {
    let logs = Logs::new(Level::Error, Format::default());
    let lines = kept(&logs);
    logs.set_targets("warn,muster_rpc=debug").unwrap();
    assert!(logs.set_targets("muster=loud").is_err());
    with(&logs, || {
        tracing::debug!(target: "muster_rpc", "wanted");
        tracing::info!(target: "muster_server", "not wanted");
    });
    assert_eq!(lock(&lines).len(), 1);
}

#[test]
fn who_reads_too_slowly_is_told_how_much_is_missing() {
    let logs = Logs::new(Level::Off, Format::default());
    let mut watcher = logs.watch(Level::Info, Format::default());
    with(&logs, || {
        for number in 0..600 {
            tracing::info!(target: "muster", number, "much");
        }
        let first = drain(&mut watcher);
        assert_eq!(first.len(), 512);
        tracing::info!(target: "muster", "after");
    });
    let rest = drain(&mut watcher);
    assert_eq!(rest.len(), 2);
    assert!(rest[0].starts_with("[WARN] Monitor dropped 88 logs") && rest[1].ends_with("after"), "{rest:?}");
}
