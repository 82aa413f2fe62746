use serde_json::{Value, json};

use crate::testing::agent::{Agent, Reply, reply};
use crate::testing::{run, run_in, shell};

const A: &str = "aaaaaaaa-0000-4000-8000-000000000000";
const B: &str = "bbbbbbbb-0000-4000-8000-000000000000";
const NEWER: &str = "ffffffff-0000-4000-8000-000000000000";
const EVAL: &str = "eeeeeeee-0000-4000-8000-000000000000";

fn begin(allocs: &Value) -> Vec<Reply> {
    let group = json!({"Name": "g", "Tasks": [{"Name": "t"}, {"Name": "side"}]});
    vec![
        reply("GET /v1/jobs?prefix=web", 200, 0, json!([{"ID": "web", "Namespace": "default"}])),
        reply(
            "GET /v1/job/web?namespace=default",
            200,
            0,
            json!({"ID": "web", "Type": "service", "TaskGroups": [group]}),
        ),
        reply("GET /v1/job/web/allocations?namespace=default", 200, 0, allocs.clone()),
    ]
}

fn alloc(id: &str, name: &str, status: &str) -> Value {
    json!({"ID": id, "Name": name, "Namespace": "default", "TaskGroup": "g", "ClientStatus": status,
           "TaskStates": {"t": {"State": "running"}}})
}

fn restarted(id: &str, status: u16, text: &Value) -> Reply {
    let request = format!("PUT /v1/client/allocation/{id}/restart?namespace=default");
    reply(&request, status, 0, text.clone())
}

#[tokio::test]
async fn running_allocations_are_restarted_one_after_the_other() {
    let gone = alloc(EVAL, "web.g[2]", "complete");
    let mut script = begin(&json!([alloc(B, "web.g[1]", "running"), gone, alloc(A, "web.g[0]", "running")]));
    script.extend([restarted(A, 200, &json!({})), restarted(B, 200, &json!({}))]);
    let agent = Agent::serve(script).await;
    let (code, out, err) = run(&agent, &["job", "restart", "web"]).await;
    let expected = "\
==> 1970-01-01T00:16:40Z: Restarting 2 allocations
    1970-01-01T00:16:40Z: Restarting running tasks in group \"g\" for allocation \"aaaaaaaa\"
    1970-01-01T00:16:40Z: Restarting running tasks in group \"g\" for allocation \"bbbbbbbb\"
==> 1970-01-01T00:16:40Z: All allocations restarted successfully!
";
    assert_eq!((code, out.as_str(), err.as_str()), (0, expected, ""));
}

#[tokio::test]
async fn an_error_ends_it_where_nobody_can_be_asked_and_yes_goes_on() {
    let allocs = json!([alloc(A, "web.g[0]", "running"), alloc(B, "web.g[1]", "running")]);
    let broken = json!("node is lost");
    let mut script = begin(&allocs);
    script.push(restarted(A, 500, &broken));
    let agent = Agent::serve(script).await;
    let (code, _, err) = run(&agent, &["job", "restart", "-on-error=ask", "web"]).await;
    assert_eq!(code, 1);
    assert!(
        err.contains(
            "Error restarting allocation \"aaaaaaaa\": Unexpected response code: 500 (node is lost)"
        )
    );
    assert!(
        err.ends_with("==> 1 allocation of job \"web\" could not be restarted; 1 allocation not touched\n")
    );

    let mut script = begin(&allocs);
    script.extend([restarted(A, 500, &broken), restarted(B, 200, &json!({}))]);
    let agent = Agent::serve(script).await;
    let (code, _, err) = run(&agent, &["job", "restart", "-yes", "-all-tasks", "web"]).await;
    assert!(code == 1 && err.ends_with("==> 1 allocation could not be restarted\n"), "{err}");
    assert_eq!(agent.bodies().pop().map(|body| body["AllTasks"].clone()), Some(json!(true)));
}

#[tokio::test]
async fn tasks_and_groups_are_those_of_the_job() {
    let allocs = json!([alloc(A, "web.g[0]", "running")]);
    for (flag, words) in
        [("-task=nope", "no task `nope`; it has: side, t"), ("-group=x", "no group `x`; it has: g")]
    {
        let agent = Agent::serve(begin(&allocs)).await;
        let (code, _, err) = run(&agent, &["job", "restart", flag, "web"]).await;
        assert!(code == 1 && err.contains(words), "{err}");
    }
    let mut script = begin(&allocs);
    script.push(restarted(A, 200, &json!({})));
    let agent = Agent::serve(script).await;
    let (code, _, _) = run(&agent, &["job", "restart", "-task=t", "-task=side", "-group=g", "web"]).await;
    assert_eq!(code, 0);
    assert_eq!(agent.bodies().pop().map(|body| body["TaskName"].clone()), Some(json!("t")));
    let agent = Agent::serve(begin(&allocs)).await;
    let (code, out, _) = run(&agent, &["job", "restart", "-task=side", "web"]).await;
    assert_eq!((code, out.as_str()), (0, "No allocations to restart\n"));
}

#[tokio::test]
async fn a_replacement_is_waited_for() {
    let evals = json!([
        {"ID": EVAL, "Status": "canceled", "CreateIndex": 6},
        {"ID": NEWER, "Status": "pending", "CreateIndex": 6},
        {"ID": B, "Status": "blocked", "CreateIndex": 8},
    ]);
    let mut script = begin(&json!([alloc(A, "web.g[0]", "running")]));
    script.extend([
        reply(
            &format!(
                "POST /v1/allocation/{A}/stop?namespace=default&no_shutdown_delay=false&reschedule=true"
            ),
            200,
            0,
            json!({"EvalID": EVAL}),
        ),
        reply(
            &format!("GET /v1/evaluation/{EVAL}?index=0"),
            200,
            7,
            json!({"ID": EVAL, "Status": "pending"}),
        ),
        // Another evaluation of the job has taken over.
        reply(
            &format!("GET /v1/evaluation/{EVAL}?index=7"),
            200,
            8,
            json!({"ID": EVAL, "Status": "canceled", "JobID": "web", "Namespace": "default", "CreateIndex": 6}),
        ),
        reply("GET /v1/job/web/evaluations?namespace=default", 200, 8, evals),
        reply(
            &format!("GET /v1/evaluation/{NEWER}?index=0"),
            200,
            8,
            json!({"ID": NEWER, "Status": "complete"}),
        ),
        reply(&format!("GET /v1/allocation/{A}?index=0"), 200, 8, json!({"ID": A, "NextAllocation": B})),
        reply(
            &format!("GET /v1/allocation/{B}?index=0"),
            200,
            8,
            json!({"ID": B, "ClientStatus": "pending"}),
        ),
        reply(
            &format!("GET /v1/allocation/{B}?index=8"),
            200,
            9,
            json!({"ID": B, "ClientStatus": "running"}),
        ),
    ]);
    let agent = Agent::serve(script).await;
    let (code, out, err) = run(&agent, &["job", "restart", "-reschedule", "web"]).await;
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.contains("Rescheduling allocation \"aaaaaaaa\" of group \"g\"\n"), "{out}");
    assert!(out.contains("Allocation \"aaaaaaaa\" replaced by \"bbbbbbbb\"\n"), "{out}");
}

#[tokio::test]
async fn flags_that_contradict_each_other_are_refused_before_anything_is_asked() {
    let agent = Agent::serve(Vec::new()).await;
    for (flags, words) in [
        (&["-all-tasks", "-task=t"][..], "-all-tasks and -task"),
        (&["-reschedule", "-task=t"], "-reschedule and -task"),
        (&["-reschedule", "-all-tasks"], "-reschedule and -all-tasks"),
        (&["-no-shutdown-delay"], "needs -reschedule"),
        (&["-batch-wait=ask"], "needs a terminal"),
        (&["-batch-size=0"], "batch-size"),
        (&["-on-error=cry"], "on-error"),
    ] {
        let (code, _, err) = run(&agent, &[&["job", "restart"], flags, &["web"]].concat()).await;
        assert!(code == 1 && err.contains(words), "{flags:?}: {err}");
    }
}

#[tokio::test]
async fn between_batches_somebody_is_asked() {
    let mut script = begin(&json!([alloc(A, "web.g[0]", "running"), alloc(B, "web.g[1]", "running")]));
    script.push(restarted(A, 200, &json!({})));
    let agent = Agent::serve(script).await;
    let (mut sh, captured) = shell();
    sh.interactive = true;
    sh.input = Box::new(std::io::Cursor::new("perhaps\nn\n"));
    let code = run_in(&mut sh, &agent, &["job", "restart", "-batch-wait=ask", "web"]).await;
    let out = captured.out();
    assert_eq!(
        (code, out.matches("Proceed with next batch? [Y/n/<wait duration>]").count()),
        (0, 2),
        "{out}"
    );
    assert!(!out.contains("bbbbbbbb"), "{out}");
}
