//! What a task finds when it runs, through the real binary called `nomad`: interpreters, environment, accounts,
//! signals, hooks, disks.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::collections::BTreeMap;
use std::io::Read;
use std::os::unix::fs::{PermissionsExt, symlink};

use common::{LIMIT, id, options, register, shell_job, wait_allocs, wait_nodes};
use muster_testkit::{Agent, eventually};
use serde_json::{Value, json};
use tempfile::{TempDir, tempdir};

const LEAK: &str = "agent-secret-55d1";

/// A development agent called `nomad`, with secrets in its environment; `client` goes into its `client` block.
fn nomad(root: &TempDir, client: &str) -> Agent {
    let nomad = root.path().join("nomad");
    symlink(env!("CARGO_BIN_EXE_muster"), &nomad).unwrap();
    let mut options = options(root, "dev");
    options.binary = nomad;
    options.args = vec!["-dev".to_owned()];
    options.config = format!("client {{\n{client}\n}}\n");
    let secrets = ["AWS_SECRET_ACCESS_KEY", "NOMAD_TOKEN", "MY_SECRET", "PROXY", "DENIED"];
    options.env = secrets.map(|name| (name.to_owned(), LEAK.to_owned())).to_vec();
    let agent = options.start();
    wait_nodes(&agent, 1);
    agent
}

/// A batch job of one task that runs once.
fn job(job_id: &str, command: &str, args: &[&str]) -> Value {
    let mut job = shell_job(job_id, "batch", 1, "");
    job["TaskGroups"][0]["Tasks"][0]["Config"] = json!({"command": command, "args": args});
    job["TaskGroups"][0]["RestartPolicy"] =
        json!({"Attempts": 0, "Mode": "fail", "Interval": 60_000_000_000_u64, "Delay": 1_000_000_000});
    job["TaskGroups"][0]["ReschedulePolicy"] = json!({"Attempts": 0, "Unlimited": false});
    job
}

/// Runs it to its end; the allocation and its standard output.
fn run(agent: &Agent, job: &Value, status: &str) -> (Value, String) {
    register(agent, job);
    let alloc = wait_allocs(agent, id(job), status, 1).remove(0);
    let out = agent.cli(&["alloc", "logs", id(&alloc)]).stdout;
    (alloc, out)
}

fn events(alloc: &Value, task: &str) -> Vec<(String, String)> {
    let events = alloc["TaskStates"][task]["Events"].as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    events.iter().map(|event| (text(&event["Type"]), text(&event["DisplayMessage"]))).collect()
}

fn kinds(alloc: &Value, task: &str) -> Vec<String> {
    events(alloc, task).into_iter().map(|(kind, _)| kind).collect()
}

#[test]
fn every_interpreter_runs_with_its_arguments_exit_code_and_signal() {
    let root = tempdir().unwrap();
    let agent = nomad(&root, "");
    // One argument of several words stays one, whatever quotes are in it (R015).
    let words = "one argument  with \"quotes\", 'more' and $HOME";
    for (name, command, args, want) in [
        ("sh", "/bin/sh", vec!["-c", "printf %s \"$1\"", "sh", words], words),
        ("bash", "bash", vec!["-c", "x=(a b); echo -n ${#x[@]} $NOMAD_JOB_ID"], "2 bash"),
        ("python", "python3", vec!["-c", "import sys; sys.stdout.write(sys.argv[1])", words], words),
        ("perl", "perl", vec!["-e", "print $ARGV[0]", words], words),
        ("binary", "/usr/bin/env", vec!["printf", "%s|%s", "a b", words], &format!("a b|{words}")),
    ] {
        let (_, out) = run(&agent, &job(name, command, &args), "complete");
        assert_eq!(out, want, "{name}");
    }

    let (alloc, _) = run(&agent, &job("seven", "python3", &["-c", "raise SystemExit(7)"]), "failed");
    assert!(events(&alloc, "main").contains(&("Terminated".into(), "Exit Code: 7".into())), "{alloc:#}");
    let (alloc, _) = run(&agent, &job("nine", "perl", &["-e", "kill 9, $$"]), "failed");
    assert!(events(&alloc, "main").contains(&("Terminated".into(), "Exit Code: 137, Signal: 9".into())));
    let not_restarting = ("Not Restarting".to_owned(), "Policy allows no restarts".to_owned());
    assert_eq!(events(&alloc, "main").last(), Some(&not_restarting));

    // A script that is the command itself, with an interpreter line and no directory in its name.
    let script = root.path().join("tool.sh");
    std::fs::write(&script, "#!/usr/bin/env bash\necho \"$# $1\"\n").unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    let (_, out) = run(&agent, &job("script", script.to_str().unwrap(), &["a b"]), "complete");
    assert_eq!(out, "1 a b\n");
    let (alloc, _) = run(&agent, &job("missing", "/no/such/program", &[]), "failed");
    let kinds = kinds(&alloc, "main");
    assert_eq!(kinds, ["Received", "Task Setup", "Driver Failure", "Not Restarting"]);
}

/// R019: what a job brings can be had as logs and as files, by command and over HTTP, whole, in part or in frames.
#[test]
fn output_of_a_job_is_had_in_every_way_that_there_is() {
    let root = tempdir().unwrap();
    let agent = nomad(&root, "");
    let script = "echo one; echo two; echo problem >&2; echo '{\"found\": 3}' > local/result.json; \
                  printf 'a\\000\\377z' > \"$NOMAD_ALLOC_DIR/data/raw\"";
    let (alloc, out) = run(&agent, &job("output", "/bin/sh", &["-c", script]), "complete");
    assert_eq!(out, "one\ntwo\n");
    let alloc = id(&alloc);
    for (command, want) in [
        (vec!["alloc", "logs", "-stderr", alloc], "problem\n"),
        (vec!["logs", "-tail", "-n", "1", alloc, "main"], "two\n"),
        (vec!["alloc", "logs", "-f", "-job", "output"], "one\ntwo\n"),
        (vec!["alloc", "fs", alloc, "main/local/result.json"], "{\"found\": 3}\n"),
        (vec!["alloc", "fs", "-tail", "-c", "4", alloc, "alloc/logs/main.stdout.0"], "two\n"),
    ] {
        assert_eq!(agent.cli(&command).ok(), want, "{command:?}");
    }

    let fetch = |path: &str| {
        let (status, mut body) = common::open(&agent, &format!("/v1/client/fs/{path}"));
        let mut bytes = Vec::new();
        body.read_to_end(&mut bytes).unwrap();
        assert_eq!(status, 200, "{path}: {}", String::from_utf8_lossy(&bytes));
        bytes
    };
    let logs = format!("logs/{alloc}?task=main");
    assert_eq!(fetch(&format!("{logs}&type=stdout&plain=true")), b"one\ntwo\n");
    assert_eq!(fetch(&format!("{logs}&type=stderr&plain=true&origin=end&offset=3")), b"em\n");
    let frame: Value = serde_json::from_slice(&fetch(&format!("{logs}&type=stdout"))).unwrap();
    assert_eq!(
        (&frame["Data"], &frame["File"]),
        (&json!("b25lCnR3bwo="), &json!("alloc/logs/main.stdout.0"))
    );
    assert_eq!(fetch(&format!("cat/{alloc}?path=alloc/data/raw")), b"a\0\xffz");
    assert_eq!(fetch(&format!("readat/{alloc}?path=alloc/data/raw&offset=1&limit=2")), b"\0\xff");
    let frame: Value =
        serde_json::from_slice(&fetch(&format!("stream/{alloc}?path=alloc/data/raw&follow=false"))).unwrap();
    assert_eq!(frame["Data"], "YQD/eg==");
}

#[test]
fn a_task_sees_what_the_job_says_and_nothing_of_the_agent() {
    let root = tempdir().unwrap();
    let client = "  meta {\n    rack = \"r7\"\n  }\n  options {\n    \"env.allowlist\" = \"PROXY, DENIED, NOMAD_TOKEN\"\n    \"env.denylist\" = \"DENIED\"\n  }";
    let agent = nomad(&root, client);
    let mut job = job("seen", "/usr/bin/env", &[]);
    job["Meta"] = json!({"owner-team": "ops", "level": "job"});
    let group = &mut job["TaskGroups"][0];
    group["Networks"] = json!([{"DynamicPorts": [{"Label": "http"}, {"Label": "in-side", "To": 80}]}]);
    let task = &mut group["Tasks"][0];
    task["Meta"] = json!({"level": "task"});
    task["Env"] = json!({
        "WHERE": "${node.datacenter}/${meta.rack}/${attr.kernel.name}/${NOMAD_META_level}",
        "PORT": "${NOMAD_PORT_http}", "UNKNOWN": "${attr.no.such} ${env[\"NOPE\"]}", "FROM_ENV": "${env[\"USER\"]}",
    });
    let (alloc, out) = run(&agent, &job, "complete");
    let env: BTreeMap<&str, &str> = out.lines().filter_map(|line| line.split_once('=')).collect();
    let leaked: Vec<_> = env.iter().filter(|(_, value)| value.contains(LEAK)).collect();
    assert_eq!(leaked, [(&"PROXY", &LEAK)], "only what the operator named");

    let short = &id(&alloc)[..8];
    let dir = |name: &str| format!("{}/{name}", id(&alloc));
    assert_eq!(env["WHERE"], "dc1/r7/linux/task");
    assert_eq!(env["PORT"], env["NOMAD_PORT_http"]);
    assert_eq!(env["UNKNOWN"], "${attr.no.such} ${env[\"NOPE\"]}");
    assert_eq!(env["FROM_ENV"], env["USER"]);
    for (name, want) in [
        ("NOMAD_ALLOC_ID", id(&alloc)),
        ("NOMAD_SHORT_ALLOC_ID", short),
        ("NOMAD_ALLOC_NAME", "seen.main[0]"),
        ("NOMAD_ALLOC_INDEX", "0"),
        ("NOMAD_TASK_NAME", "main"),
        ("NOMAD_GROUP_NAME", "main"),
        ("NOMAD_JOB_ID", "seen"),
        ("NOMAD_JOB_NAME", "seen"),
        ("NOMAD_NAMESPACE", "default"),
        ("NOMAD_REGION", "global"),
        ("NOMAD_DC", "dc1"),
        ("NOMAD_CPU_LIMIT", "10"),
        ("NOMAD_MEMORY_LIMIT", "10"),
        ("NOMAD_META_OWNER_TEAM", "ops"),
        ("NOMAD_META_owner_team", "ops"),
        ("NOMAD_PORT_in_side", "80"),
        ("NOMAD_ALLOC_PORT_in-side", "80"),
    ] {
        assert_eq!(env.get(name), Some(&want), "{name}");
    }
    for (name, suffix) in [
        ("NOMAD_ALLOC_DIR", dir("alloc")),
        ("NOMAD_TASK_DIR", dir("main/local")),
        ("NOMAD_SECRETS_DIR", dir("main/secrets")),
        ("TMPDIR", dir("main/tmp")),
    ] {
        assert!(env[name].ends_with(&suffix), "{name}={}", env[name]);
    }
    let host = format!("{}:{}", env["NOMAD_HOST_IP_in-side"], env["NOMAD_HOST_PORT_in_side"]);
    assert_eq!(env["NOMAD_ADDR_in_side"], host);
}

#[test]
fn a_task_runs_as_its_user_and_the_denied_one_never() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("skipped: switching users needs root");
        return;
    }
    let root = tempdir().unwrap();
    std::fs::set_permissions(root.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let options = "  options {\n    \"user.checked_drivers\" = \"raw_exec\"\n    \"user.denylist\" = \"root,daemon\"\n  }\n  meta {\n    who = \"nobody\"\n  }";
    let agent = nomad(&root, options);
    let script = "id -un; id -G; echo $HOME; stat -c %U:%a secrets; touch secrets/x local/x && echo written";
    let mut wanted = job("as-nobody", "/bin/sh", &["-c", script]);
    wanted["TaskGroups"][0]["Tasks"][0]["User"] = json!("${meta.who}");
    let (_, out) = run(&agent, &wanted, "complete");
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!((lines[0], lines[3], lines[4]), ("nobody", "nobody:700", "written"), "{out}");
    assert!(!lines[1].split(' ').any(|group| group == "0"), "the agent's groups are gone: {out}");

    for (name, user) in [("by-name", "daemon"), ("by-number", "1"), ("root", "root")] {
        let mut refused = job(name, "/bin/true", &[]);
        refused["TaskGroups"][0]["Tasks"][0]["User"] = json!(user);
        let (alloc, _) = run(&agent, &refused, "failed");
        let text = format!("running as user {user:?} is disallowed");
        assert!(events(&alloc, "main").contains(&("Failed Validation".into(), text)), "{alloc:#}");
    }
}

#[test]
fn kill_signals_timeouts_and_delays_are_kept() {
    let root = tempdir().unwrap();
    let agent = nomad(&root, "  max_kill_timeout = \"1s\"");
    let mut polite = shell_job(
        "polite",
        "service",
        1,
        "trap 'echo hup; exit 0' HUP; echo up; while :; do sleep 0.05; done",
    );
    polite["TaskGroups"][0]["Tasks"][0]["KillSignal"] = json!("SIGHUP");
    let mut deaf = shell_job("deaf", "service", 1, "trap '' INT TERM; echo up; while :; do sleep 0.05; done");
    deaf["TaskGroups"][0]["Tasks"][0]["KillTimeout"] = json!(600_000_000_000_u64);
    let mut slow = shell_job("slow", "service", 1, "echo up; exec sleep 1000");
    slow["TaskGroups"][0]["Tasks"][0]["ShutdownDelay"] = json!(3_600_000_000_000_u64);
    for job in [&polite, &deaf, &slow] {
        register(&agent, job);
        let alloc = wait_allocs(&agent, id(job), "running", 1).remove(0);
        eventually("the task being up", LIMIT, || {
            let out = agent.cli(&["alloc", "logs", id(&alloc)]).stdout;
            (out == "up\n").then_some(()).ok_or(out)
        });
    }
    for name in ["polite", "deaf"] {
        agent.cli(&["job", "stop", "-yes", "-detach", name]).ok();
    }
    agent.cli(&["job", "stop", "-yes", "-detach", "-no-shutdown-delay", "slow"]).ok();
    let alloc = wait_allocs(&agent, "polite", "complete", 1).remove(0);
    assert_eq!(agent.cli(&["alloc", "logs", id(&alloc)]).ok(), "up\nhup\n");
    let killing = "Sent interrupt. Waiting 5s before force killing";
    // The node's bound on kill timeouts is lower than what the job may ask for by default.
    let bounded = killing.replace("5s", "1s");
    let of = |name: &str| {
        let alloc = wait_allocs(&agent, name, "complete", 1).remove(0);
        events(&agent.get(&format!("/v1/allocation/{}", id(&alloc))), "main")
    };
    assert!(of("deaf").contains(&("Killing".into(), bounded)), "{:?}", of("deaf"));
    assert!(of("deaf").contains(&("Terminated".into(), "Exit Code: 137, Signal: 9".into())));
    let skipped = "Skipping shutdown_delay of 1h0m0s before killing the task.";
    assert!(of("slow").contains(&("Skipping shutdown delay".into(), skipped.into())), "{:?}", of("slow"));
    assert_eq!(of("slow").last().unwrap().1, "Task successfully killed");
}

#[test]
fn hooks_run_in_their_order_and_a_failed_prestart_stops_the_rest() {
    let root = tempdir().unwrap();
    let agent = nomad(&root, "");
    let order = |name: &str| format!("echo {name} >> $NOMAD_ALLOC_DIR/data/order");
    let task = |name: &str, lifecycle: Value, script: String| {
        json!({
            "Name": name, "Driver": "raw_exec", "Lifecycle": lifecycle,
            "Config": {"command": "/bin/sh", "args": ["-c", script]},
            "Resources": {"CPU": 10, "MemoryMB": 10}, "LogConfig": {"MaxFiles": 1, "MaxFileSizeMB": 1},
        })
    };
    let hook = |hook: &str, sidecar: bool| json!({"Hook": hook, "Sidecar": sidecar});
    let mut hooks = job("hooks", "/bin/true", &[]);
    let wait_for = "while ! grep -q post-start $NOMAD_ALLOC_DIR/data/order; do sleep 0.02; done";
    hooks["TaskGroups"][0]["Tasks"] = json!([
        task("main", Value::Null, format!("{}; {wait_for}", order("main"))),
        task("init", hook("prestart", false), order("init")),
        task(
            "proxy",
            hook("prestart", true),
            format!("trap 'exit 0' INT; {}; while :; do sleep 0.05; done", "true")
        ),
        task("notify", hook("poststart", false), order("post-start")),
        task(
            "clean",
            hook("poststop", false),
            format!("{}; cat $NOMAD_ALLOC_DIR/data/order", order("clean"))
        ),
    ]);
    register(&agent, &hooks);
    let alloc = wait_allocs(&agent, "hooks", "complete", 1).remove(0);
    let out = agent.cli(&["alloc", "logs", id(&alloc), "clean"]).ok();
    assert_eq!(out, "init\nmain\npost-start\nclean\n");
    assert!(kinds(&alloc, "proxy").contains(&"Main Tasks Dead".to_owned()), "{alloc:#}");

    let mut broken = hooks.clone();
    broken["ID"] = json!("broken");
    broken["TaskGroups"][0]["Tasks"][1]["Config"]["args"] = json!(["-c", "exit 3"]);
    register(&agent, &broken);
    let alloc = wait_allocs(&agent, "broken", "failed", 1).remove(0);
    assert!(!kinds(&alloc, "main").contains(&"Started".to_owned()), "{alloc:#}");
    let sibling = ("Sibling Task Failed".to_owned(), "Task's sibling \"init\" failed".to_owned());
    assert!(events(&alloc, "main").contains(&sibling), "{alloc:#}");
}

#[test]
fn a_sticky_disk_goes_on_to_the_next_version_and_another_begins_empty() {
    let root = tempdir().unwrap();
    let agent = nomad(&root, "");
    let script = "echo $VERSION >> local/seen; echo $VERSION >> ../alloc/data/seen; cat local/seen ../alloc/data/seen | tr '\\n' ' '; exec sleep 1000";
    for (name, sticky, want) in [("sticky", true, "1 2 1 2 "), ("fresh", false, "2 2 ")] {
        let mut service = shell_job(name, "service", 1, script);
        service["TaskGroups"][0]["EphemeralDisk"] = json!({"SizeMB": 10, "Sticky": sticky});
        for version in ["1", "2"] {
            service["TaskGroups"][0]["Tasks"][0]["Env"] = json!({ "VERSION": version });
            register(&agent, &service);
            eventually("the version's output", LIMIT, || {
                let allocs = agent.try_get(&format!("/v1/job/{name}/allocations"))?;
                let newest = allocs
                    .as_array()
                    .into_iter()
                    .flatten()
                    .find(|alloc| alloc["ClientStatus"] == "running" && alloc["DesiredStatus"] == "run");
                let newest = newest.ok_or_else(|| format!("{allocs:#}"))?;
                let out = agent.cli(&["alloc", "logs", id(newest)]).stdout;
                let done = if version == "1" { out == "1 1 " } else { out == want };
                done.then_some(()).ok_or(out)
            });
        }
    }
}

#[test]
fn restarts_keep_to_their_mode_and_a_leader_takes_the_others_along() {
    let root = tempdir().unwrap();
    let agent = nomad(&root, "");
    let policy = |attempts: u32, mode: &str| json!({"Attempts": attempts, "Mode": mode, "Interval": 5_000_000_000_u64, "Delay": 1_000_000});
    let with = |name: &str, policy: Value, script: &str| {
        let mut job = job(name, "/bin/sh", &["-c", script]);
        job["TaskGroups"][0]["RestartPolicy"] = policy;
        job
    };
    let count = "n=$(cat local/n 2>/dev/null || echo 0); echo $((n + 1)) > local/n; [ $n -ge 2 ]";
    for job in [with("fails", policy(1, "fail"), "exit 3"), with("waits", policy(1, "delay"), count)] {
        register(&agent, &job);
    }
    let failed = wait_allocs(&agent, "fails", "failed", 1).remove(0);
    let given_up = "Exceeded allowed attempts 1 in interval 5s and mode is \"fail\"".to_owned();
    assert_eq!(events(&failed, "main").last(), Some(&("Not Restarting".to_owned(), given_up)), "{failed:#}");
    assert_eq!(failed["TaskStates"]["main"]["Restarts"], 1);

    let task = |name: &str, script: &str, lifecycle: Value| {
        json!({
            "Name": name, "Driver": "raw_exec", "Lifecycle": lifecycle, "Leader": name == "lead",
            "Config": {"command": "/bin/sh", "args": ["-c", script]},
            "Resources": {"CPU": 10, "MemoryMB": 10}, "LogConfig": {"MaxFiles": 1, "MaxFileSizeMB": 1},
        })
    };
    let poststop = json!({"Hook": "poststop"});
    let mut led = job("led", "/bin/true", &[]);
    led["TaskGroups"][0]["Tasks"] = json!([
        task("lead", "exit 4", Value::Null),
        task(
            "beside",
            "trap 'exit 0' INT; touch $NOMAD_ALLOC_DIR/data/beside; while :; do sleep 0.05; done",
            Value::Null
        ),
        task("after", "echo tidied up", poststop),
    ]);
    register(&agent, &led);
    let mut led_well = led.clone();
    let led = wait_allocs(&agent, "led", "failed", 1).remove(0);
    assert!(kinds(&led, "beside").contains(&"Sibling Task Failed".to_owned()), "{led:#}");
    assert_eq!(agent.cli(&["alloc", "logs", id(&led), "after"]).ok(), "tidied up\n", "also after a failure");
    led_well["ID"] = json!("led-well");
    led_well["TaskGroups"][0]["Tasks"][0]["Config"]["args"] =
        json!(["-c", "until [ -e $NOMAD_ALLOC_DIR/data/beside ]; do sleep 0.05; done"]);
    register(&agent, &led_well);
    let led_well = wait_allocs(&agent, "led-well", "complete", 1).remove(0);
    assert!(kinds(&led_well, "beside").contains(&"Leader Task Dead".to_owned()), "{led_well:#}");

    let waited = wait_allocs(&agent, "waits", "complete", 1).remove(0);
    let delayed = "Exceeded allowed attempts, applying a delay";
    let said = events(&waited, "main");
    assert!(said.iter().any(|(kind, text)| kind == "Restarting" && text.contains(delayed)), "{said:?}");
    assert_eq!(waited["TaskStates"]["main"]["Restarts"], 2);

    let (_, metrics) = common::get_text(&agent, "/v1/metrics?format=prometheus");
    for (name, job, count) in
        [("running", "waits", 3), ("restart", "waits", 2), ("complete", "waits", 1), ("failed", "fails", 1)]
    {
        let counted = metrics.lines().find(|line| {
            line.starts_with(&format!("nomad_client_allocs_{name}{{"))
                && line.contains(&format!("job=\"{job}\""))
        });
        assert_eq!(
            counted.and_then(|line| line.rsplit(' ').next()),
            Some(count.to_string().as_str()),
            "{name}: {metrics}"
        );
    }
}

#[test]
fn limits_of_logs_change_in_place_and_logs_can_be_turned_off() {
    let root = tempdir().unwrap();
    let agent = nomad(&root, "");
    let script = "i=0; while [ $i -lt 45 ]; do head -c 100000 /dev/zero | tr '\\0' x; i=$((i + 1)); done; touch local/done; exec sleep 1000";
    let mut job = shell_job("logs", "service", 1, script);
    let logs = |max_files: u32| json!({"MaxFiles": max_files, "MaxFileSizeMB": 1});
    job["TaskGroups"][0]["Tasks"][0]["LogConfig"] = logs(5);
    register(&agent, &job);
    let alloc = id(&wait_allocs(&agent, "logs", "running", 1)[0]).to_owned();
    let files = || -> Vec<String> {
        let listed = agent.try_get(&format!("/v1/client/fs/ls/{alloc}?path=alloc/logs")).unwrap_or_default();
        let names =
            listed.as_array().into_iter().flatten().map(|file| file["Name"].as_str().unwrap().to_owned());
        names.filter(|name| name.contains("stdout")).collect()
    };
    common::wait_file(&agent, &alloc, "main/local/done");
    eventually("every log file being written", LIMIT, || {
        if files().len() == 5 { Ok(()) } else { Err(format!("{:?}", files())) }
    });

    job["TaskGroups"][0]["Tasks"][0]["LogConfig"] = logs(2);
    register(&agent, &job);
    common::wait_evals(&agent);
    assert_eq!(id(&wait_allocs(&agent, "logs", "running", 1)[0]), alloc, "the same allocation");
    agent.cli(&["alloc", "restart", &alloc]).ok();
    eventually("fewer log files", LIMIT, || {
        if files().len() == 2 { Ok(()) } else { Err(format!("{:?}", files())) }
    });

    job["TaskGroups"][0]["Tasks"][0]["LogConfig"] =
        json!({"MaxFiles": 2, "MaxFileSizeMB": 1, "Disabled": true});
    register(&agent, &job);
    let silent = eventually("a silent successor", LIMIT, || {
        let allocs = agent.try_get("/v1/job/logs/allocations")?;
        let running = |wanted: &&Value| wanted["ClientStatus"] == "running" && id(wanted) != alloc;
        allocs
            .as_array()
            .and_then(|all| all.iter().find(running).cloned())
            .ok_or_else(|| format!("{allocs:#}"))
    });
    common::wait_file(&agent, id(&silent), "main/local/done");
    let listed = agent.get(&format!("/v1/client/fs/ls/{}?path=alloc/logs", id(&silent)));
    assert_eq!(listed, json!([]), "nothing is kept");
}

#[test]
fn ended_allocations_make_room_when_there_are_too_many_or_the_disk_is_full() {
    let root = tempdir().unwrap();
    for (name, client, kept) in [
        ("count", "  gc_interval = \"1s\"\n  gc_max_allocs = 2", 2),
        // Every disk is fuller than that.
        (
            "disk",
            "  gc_interval = \"1s\"\n  gc_disk_usage_threshold = 0.000001\n  gc_parallel_destroys = 1",
            0,
        ),
        ("inodes", "  gc_interval = \"1s\"\n  gc_inode_usage_threshold = 0.000001", 0),
        (
            "calm",
            "  gc_interval = \"1s\"\n  gc_disk_usage_threshold = 100\n  gc_inode_usage_threshold = 100",
            4,
        ),
    ] {
        let place = TempDir::new_in(&root).unwrap();
        let agent = nomad(&place, client);
        let mut allocs = Vec::new();
        for number in 0..4 {
            let (alloc, _) = run(&agent, &job(&format!("{name}-{number}"), "/bin/true", &[]), "complete");
            allocs.push(id(&alloc).to_owned());
        }
        let with_files = || {
            let has = |alloc: &&String| agent.try_get(&format!("/v1/client/fs/ls/{alloc}")).is_ok();
            allocs.iter().filter(has).cloned().collect::<Vec<_>>()
        };
        eventually(&format!("{name}: {kept} being kept"), LIMIT, || {
            let left = with_files();
            if left.len() == kept { Ok(()) } else { Err(format!("{left:?}")) }
        });
        assert_eq!(with_files(), allocs[allocs.len() - kept..], "{name}: the newest stay");
    }
}
