#![expect(clippy::unwrap_used, reason = "tests")]

use muster_api::views::{AllocView, NodeView};
use serde_json::{Value, json};

use super::monitor::Seen;
use crate::testing::agent::{Agent, reply};
use crate::testing::{run, run_in, shell};

const ID: &str = "b2b2b2b2-0000-4000-8000-000000000001";

fn node(strategy: &Value, last: &str) -> Value {
    json!({"ID": ID, "DrainStrategy": strategy, "LastDrain": {"Status": last}})
}

fn alloc(id: &str, kind: &str, desired: &str, status: &str, migrate: bool) -> Value {
    json!({
        "ID": id, "Job": {"Type": kind}, "DesiredStatus": desired, "ClientStatus": status,
        "DesiredTransition": {"Migrate": migrate},
    })
}

fn found() -> crate::testing::agent::Reply {
    reply(&format!("GET /v1/nodes?prefix={ID}"), 200, 1, json!([{"ID": ID}]))
}

#[tokio::test]
async fn a_drain_is_set_and_watched_to_its_end() {
    let strategy = json!({"Deadline": 3_600_000_000_000_i64});
    let agent = Agent::serve(vec![
        found(),
        reply(&format!("POST /v1/node/{ID}/drain"), 200, 5, json!({"NodeModifyIndex": 5})),
        reply(&format!("GET /v1/node/{ID}"), 200, 9, node(&json!(null), "complete")),
        reply(
            &format!("GET /v1/node/{ID}/allocations"),
            200,
            9,
            json!([alloc("a1", "service", "stop", "complete", true)]),
        ),
    ])
    .await;
    let args = ["node", "drain", "-enable", "-m", "new disk", "-meta", "ticket=7", ID];
    let (code, out, err) = run(&agent, &args).await;
    let at = "1970-01-01T00:16:40Z";
    let expected = format!(
        "{at}: Ctrl-C ends monitoring; the drain goes on\n\
         {at}: Node \"{ID}\" drain strategy set\n\
         {at}: Drain complete for node \"{ID}\"\n\
         {at}: All allocations on node \"{ID}\" have stopped\n"
    );
    assert_eq!((code, out.as_str(), err.as_str()), (0, expected.as_str(), ""));
    let body = agent.bodies().pop().unwrap();
    assert_eq!(body["DrainSpec"]["Deadline"], strategy["Deadline"]);
    assert_eq!(body["Meta"], json!({"message": "new disk", "ticket": "7"}));
}

#[test]
fn the_story_of_a_drain_line_by_line() {
    let mut seen = Seen::default();
    let mut told = |strategy: &Value, last: &str, allocs: Value| {
        let node: NodeView = serde_json::from_value(node(strategy, last)).unwrap();
        let allocs: Vec<AllocView> = serde_json::from_value(allocs).unwrap();
        let lines = seen.changes(&node, &allocs);
        (lines, seen.is_over(&allocs))
    };
    let strategy = json!({"IgnoreSystemJobs": true});
    let sys = alloc("s", "system", "run", "running", false);
    let old = alloc("o", "batch", "run", "complete", false);
    let first =
        told(&strategy, "draining", json!([sys, old, alloc("a", "service", "run", "running", false)]));
    assert_eq!(first, (vec![], false));
    let marked =
        told(&strategy, "draining", json!([sys, old, alloc("a", "service", "run", "running", true)]));
    assert_eq!(marked.0, ["Alloc \"a\" marked for migration"]);
    let told_to_end =
        told(&strategy, "draining", json!([sys, old, alloc("a", "service", "stop", "running", true)]));
    assert_eq!(told_to_end.0, ["Alloc \"a\" draining"]);
    let ended =
        told(&strategy, "draining", json!([sys, old, alloc("a", "service", "stop", "complete", true)]));
    assert_eq!(ended, (vec!["Alloc \"a\" status running -> complete".to_owned()], false));
    let over =
        told(&json!(null), "complete", json!([sys, old, alloc("a", "service", "stop", "complete", true)]));
    assert_eq!(over, (vec![format!("Drain complete for node \"{ID}\"")], true));
}

#[tokio::test]
async fn the_deadline_is_an_hour_a_duration_none_or_now() {
    for (flags, deadline) in [
        (&["-deadline", "90s"][..], 90_000_000_000_i64),
        (&["-force"], -1),
        (&["-no-deadline", "-ignore-system"], 0),
        (&[], 3_600_000_000_000),
    ] {
        let route = format!("POST /v1/node/{ID}/drain");
        let agent = Agent::serve(vec![found(), reply(&route, 200, 5, json!({"NodeModifyIndex": 5}))]).await;
        let line = [&["node", "drain", "-enable", "-detach"], flags, &[ID]].concat();
        let (code, out, err) = run(&agent, &line).await;
        assert_eq!((code, out), (0, format!("Node \"{ID}\" drain strategy set\n")), "{err}");
        let spec = &agent.bodies()[0]["DrainSpec"];
        assert_eq!(spec["Deadline"], deadline);
        assert_eq!(spec["IgnoreSystemJobs"], flags.contains(&"-ignore-system"));
    }
}

#[tokio::test]
async fn canceling_makes_the_node_eligible_unless_it_is_to_stay_as_it_is() {
    for (flags, eligible) in [(&[][..], true), (&["-keep-ineligible"], false)] {
        let route = format!("POST /v1/node/{ID}/drain");
        let agent = Agent::serve(vec![found(), reply(&route, 200, 5, json!({}))]).await;
        let line = [&["node", "drain", "-disable"], flags, &[ID]].concat();
        let (code, out, err) = run(&agent, &line).await;
        assert_eq!((code, out), (0, format!("Node \"{ID}\" drain strategy unset\n")), "{err}");
        let body = &agent.bodies()[0];
        assert_eq!((&body["MarkEligible"], &body["DrainSpec"]), (&json!(eligible), &json!(null)));
    }
}

#[tokio::test]
async fn a_node_named_by_a_part_of_its_id_is_asked_about() {
    let agent = Agent::serve(vec![reply("GET /v1/nodes?prefix=b2b2", 200, 1, json!([{"ID": ID}]))]).await;
    let (mut sh, captured) = shell();
    sh.input = Box::new(std::io::Cursor::new("n\n"));
    let code = run_in(&mut sh, &agent, &["node", "drain", "-enable", "b2b2"]).await;
    let asked = format!(
        "Are you sure you want to enable drain mode for node \"{ID}\"? [y/N] Canceling drain toggle\n"
    );
    assert_eq!((code, captured.out()), (0, asked));
}

#[tokio::test]
async fn a_node_that_does_not_drain_is_not_watched() {
    let read = reply(&format!("GET /v1/node/{ID}"), 200, 9, node(&json!(null), ""));
    let agent = Agent::serve(vec![found(), read]).await;
    let (code, out, _) = run(&agent, &["node", "drain", "-monitor", ID]).await;
    assert_eq!((code, out), (0, format!("1970-01-01T00:16:40Z: Node \"{ID}\" does not drain\n")));
}

#[tokio::test]
async fn flags_that_do_not_go_together_are_named() {
    let agent = Agent::serve(Vec::new()).await;
    for (flags, reason) in [
        (&[][..], "give one of -enable, -disable and -monitor"),
        (&["-enable", "-disable"], "give one of -enable, -disable and -monitor"),
        (&["-enable", "-force", "-no-deadline"], "exclude each other"),
        (&["-enable", "-deadline", "1h", "-force"], "exclude each other"),
        (&["-enable", "-deadline", "0s"], "must be greater than zero"),
        (&["-enable", "-deadline", "soon"], "-deadline `soon`"),
        (&["-disable", "-force"], "-force goes with -enable only"),
        (&["-disable", "-deadline", "1h"], "-deadline goes with -enable only"),
        (&["-enable", "-keep-ineligible"], "-keep-ineligible goes with -disable only"),
        (&["-monitor", "-m", "x"], "go with -enable or -disable only"),
        (&["-enable", "-detach", "-monitor"], "-detach and -monitor exclude each other"),
        (&["-enable", "-meta", "x"], "`x` is not written as key=value"),
        (&["-enable", "-m", "x", "-meta", "message=y"], "give it once"),
    ] {
        let line = [&["node", "drain"], flags, &[ID]].concat();
        let (code, _, err) = run(&agent, &line).await;
        assert!(code == 1 && err.contains(reason), "{flags:?}: {err}");
    }
    assert!(agent.bodies().is_empty());
}
