//! `raw_exec` with real processes, as an agent uses it and as an agent that was restarted does.

#![expect(clippy::unwrap_used, reason = "tests")]
#![cfg(target_os = "linux")]

#[path = "support/bench.rs"]
mod support;

use std::fs;
use std::process::Command;
use std::time::Duration;

use muster_driver::{DriverError, DriverRegistry, MockDriver, RawExecOptions, StopRequest, TaskDriver};
use muster_ids::{DriverName, TaskName};
use muster_model::Value;
use muster_sys::supervisor::{Attachment, attach, read_identity};
use support::{Bench, agent, agent_with, alive, eventually, is_config_error, kill, start_error, text};

fn stop(signal: Option<&str>, millis: u64) -> StopRequest {
    StopRequest { signal: signal.map(Into::into), timeout: Duration::from_millis(millis) }
}

#[tokio::test]
async fn a_task_runs_in_its_directory_with_its_environment_only() {
    let bench = Bench::new();
    let mut spec = bench.spec(&[("command", text("env"))]);
    spec.env.insert("GREETING".into(), "hello".into());
    let driver = agent();
    let handle = driver.start(spec).await.unwrap();
    assert!(driver.wait(handle.clone()).await.successful());
    assert_eq!(bench.log("web.stdout.0"), "GREETING=hello\nPATH=/usr/bin:/bin\n");
    driver.destroy(handle).await.unwrap();
    assert_eq!(fs::read_dir(bench.path("control")).unwrap().count(), 0);

    let mut pwd = bench.shell("pwd -P; exit 3");
    pwd.task = TaskName::new("pwd").unwrap();
    let handle = driver.start(pwd).await.unwrap();
    assert_eq!(driver.wait(handle).await.exit_code, 3);
    assert_eq!(bench.log("pwd.stdout.0"), format!("{}\n", bench.path("task").display()));
}

#[tokio::test]
async fn an_agent_that_was_restarted_finds_the_same_process_its_exit_code_and_every_log_byte() {
    let bench = Bench::new();
    let script = "echo $$; yes before | head -c 3000000; echo mid >&2; until test -e go; do sleep 0.01; done; \
                  yes after | head -c 3000000; exit 42";
    let first = agent();
    let handle = first.start(bench.shell(script)).await.unwrap();
    eventually("the first output", || (bench.log("web.stderr.0") == "mid\n").then_some(())).await;
    drop(first);
    fs::write(bench.path("task/go"), "").unwrap();

    let second = agent();
    second.recover(handle.clone()).await.unwrap();
    let (one, other) = tokio::join!(second.wait(handle.clone()), second.wait(handle.clone()));
    assert_eq!((one.exit_code, one.signal, one.error.as_deref()), (42, 0, None));
    assert_eq!(one, other);
    let log = bench.log("web.stdout.0");
    let (pid, rest) = log.split_once('\n').unwrap();
    let identity = read_identity(&bench.path("control/web.0")).unwrap().unwrap();
    assert_eq!(pid, identity.pid.to_string());
    let tail = "before\n".repeat(500_000)[..3_000_000].to_owned() + &"after\n".repeat(500_000);
    assert!(rest == tail, "the log lost or invented bytes");

    let third = agent();
    third.recover(handle.clone()).await.unwrap();
    assert_eq!(third.wait(handle.clone()).await.exit_code, 42, "an ended task is found again too");
    assert!(matches!(third.signal(handle.clone(), "SIGHUP".into()).await, Err(DriverError::NotRunning)));
    assert!(matches!(third.usage(handle.clone()).await, Err(DriverError::NotRunning)));
    third.stop(handle, stop(None, 0)).await.unwrap();
}

#[tokio::test]
async fn a_start_the_agent_did_not_live_to_remember_is_taken_up_and_not_repeated() {
    let bench = Bench::new();
    let spec = bench.shell("echo started; exec sleep 1000");
    let first = agent().start(spec.clone()).await.unwrap();
    let driver = agent();
    let second = driver.start(spec.clone()).await.unwrap();
    assert_eq!(first, second);
    // `start` answers when the shell runs, which is before the shell has said anything.
    eventually("the first word", || (bench.log("web.stdout.0") == "started\n").then_some(())).await;
    kill(&driver, second).await;
    let third = driver.start(spec.clone()).await.unwrap();
    assert_eq!((first, driver.wait(third.clone()).await.signal), (third, 9));
    let next = driver.start(muster_driver::TaskSpec { generation: 1, ..spec }).await.unwrap();
    let goes_on = || (bench.log("web.stdout.0") == "started\nstarted\n").then_some(());
    eventually("a restart going on in the same log", goes_on).await;
    kill(&driver, next).await;
}

#[tokio::test]
async fn stop_is_gentle_first_and_leaves_nothing() {
    let bench = Bench::new();
    let driver = agent();
    let handle = driver
        .start(bench.shell("trap 'echo int; exit 0' INT; echo up; while :; do sleep 0.01; done"))
        .await
        .unwrap();
    eventually("the trap", || (bench.log("web.stdout.0") == "up\n").then_some(())).await;
    driver.signal(handle.clone(), "SIGWINCH".into()).await.unwrap();
    assert!(
        driver.signal(handle.clone(), "SIGNOPE".into()).await.unwrap_err().to_string().contains("`SIGNOPE`")
    );
    assert!(driver.usage(handle.clone()).await.unwrap().processes >= 1);
    assert!(driver.destroy(handle.clone()).await.is_err(), "a running task cannot be destroyed");
    driver.stop(handle.clone(), stop(None, 60_000)).await.unwrap();
    assert!(driver.wait(handle).await.successful());
    assert_eq!(bench.log("web.stdout.0"), "up\nint\n");
}

#[tokio::test]
async fn stop_escalates_and_finds_daemons() {
    let bench = Bench::new();
    let driver = agent();
    let script = "trap '' INT TERM; (setsid sh -c 'trap \"\" INT TERM; echo $$ > daemon; sleep 1000' &)
        until test -s daemon; do sleep 0.01; done; echo up; while :; do sleep 1000; done";
    let handle = driver.start(bench.shell(script)).await.unwrap();
    eventually("the daemon", || (bench.log("web.stdout.0") == "up\n").then_some(())).await;
    let daemon: u32 = fs::read_to_string(bench.path("task/daemon")).unwrap().trim().parse().unwrap();
    driver.stop(handle.clone(), stop(Some("SIGTERM"), 50)).await.unwrap();
    assert!(!alive(daemon));
    let exit = driver.wait(handle).await;
    assert_eq!((exit.exit_code, exit.signal), (137, 9));
}

#[tokio::test]
async fn a_killed_supervisor_costs_the_exit_code_and_nothing_else() {
    let bench = Bench::new();
    let driver = agent();
    let handle = driver.start(bench.shell("trap '' PIPE; exec sleep 1000")).await.unwrap();
    let identity = read_identity(&bench.path("control/web.0")).unwrap().unwrap();
    let supervisor = muster_sys::procfs::stat(identity.pid).unwrap().parent;
    assert!(Command::new("kill").args(["-9", &supervisor.to_string()]).status().unwrap().success());
    eventually("the orphan", || {
        let attached = attach(&bench.path("control/web.0"), None).unwrap();
        matches!(attached, Attachment::Orphaned(_)).then_some(())
    })
    .await;
    let restarted = agent();
    restarted.recover(handle.clone()).await.unwrap();
    assert!(alive(identity.pid));
    assert_eq!(restarted.usage(handle.clone()).await.unwrap().processes, 1);
    let (exit, stopped) = tokio::join!(
        restarted.wait(handle.clone()),
        restarted.stop(handle.clone(), stop(Some("SIGTERM"), 5000))
    );
    stopped.unwrap();
    assert!(!exit.successful() && exit.error.unwrap().contains("exit code is unknown"));
    assert!(restarted.recover(handle.clone()).await.is_err(), "nobody can learn how it ended");
    restarted.destroy(handle).await.unwrap();
}

#[tokio::test]
async fn a_command_that_cannot_run_says_why_and_leaves_nothing() {
    let bench = Bench::new();
    let driver = agent();
    let task = bench.path("task").display().to_string();
    let missing = start_error(&driver, bench.spec(&[("command", text("no-such-tool"))])).await;
    assert_eq!(
        missing,
        format!(
            "command `no-such-tool` cannot be run: `{task}/local/no-such-tool` does not exist, `{task}/no-such-tool` does \
             not exist, `/usr/bin/no-such-tool` does not exist, `/bin/no-such-tool` does not exist"
        )
    );
    let script = bench.path("task/local/tool");
    fs::write(&script, "#!/no/such/interpreter\n").unwrap();
    fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let interpreter = start_error(&driver, bench.spec(&[("command", text("local/tool"))])).await;
    assert!(interpreter.contains("interpreter") && interpreter.contains("local/tool"), "{interpreter}");
    let nowhere = bench.spec(&[("command", text("true")), ("work_dir", text("/no/such/dir"))]);
    let work_dir = start_error(&driver, nowhere).await;
    assert!(work_dir.contains("working directory") && work_dir.contains("`/no/such/dir`"), "{work_dir}");
    let cgroup = bench.spec(&[("command", text("true")), ("cgroup_v2_override", text("no/such/group"))]);
    assert!(start_error(&driver, cgroup).await.contains("`/sys/fs/cgroup/no/such/group` does not exist"));
    let invalid = driver.start(bench.spec(&[("comand", text("true"))])).await.unwrap_err();
    assert!(is_config_error(&invalid));
    assert_eq!(fs::read_dir(bench.path("control")).map_or(0, Iterator::count), 0);
}

#[tokio::test]
async fn what_the_operator_denies_is_refused() {
    let bench = Bench::new();
    let disabled = agent_with(RawExecOptions::default());
    assert!(start_error(&disabled, bench.shell("true")).await.contains("disabled on this node"));
    assert!(!disabled.fingerprint().await.detected);

    let options = RawExecOptions {
        enabled: true,
        denied_host_uids: "65534".parse().unwrap(),
        denied_envvars: vec!["SECRET_*".into()],
        ..RawExecOptions::default()
    };
    let driver = agent_with(options);
    let mut nobody = bench.shell("true");
    nobody.user = Some("nobody".into());
    assert_eq!(
        start_error(&driver, nobody).await,
        "user `nobody` is denied: uid 65534 is in the node's `denied_host_uids`"
    );
    let mut stranger = bench.shell("true");
    stranger.user = Some("no-such-user".into());
    assert_eq!(start_error(&driver, stranger).await, "user `no-such-user` does not exist on this machine");

    let mut spec =
        bench.spec(&[("command", text("env")), ("denied_envvars", Value::List(vec![text("OTHER")]))]);
    for name in ["SECRET_KEY", "OTHER", "KEPT"] {
        spec.env.insert(name.into(), "1".into());
    }
    let handle = driver.start(spec).await.unwrap();
    driver.wait(handle).await;
    assert_eq!(bench.log("web.stdout.0"), "KEPT=1\nPATH=/usr/bin:/bin\n");
}

#[tokio::test]
async fn a_user_is_switched_to_completely() {
    let bench = Bench::new();
    if muster_sys::users::effective_ids().0 != 0 {
        println!("SKIPPED: needs root to become another user");
        return;
    }
    let driver = agent();
    let mut spec = bench.shell("id -un; id -G");
    spec.user = Some("nobody".into());
    let handle = driver.start(spec).await.unwrap();
    assert!(driver.wait(handle).await.successful());
    assert_eq!(bench.log("web.stdout.0"), "nobody\n65534\n");
}

#[tokio::test]
async fn hostile_names_and_places_do_no_harm() {
    let bench = Bench::new();
    let driver = agent();
    for (n, name) in
        ["a b", "-rf", "$(touch x)", "ü\u{202e}", "web.stdout.0", "*", "...", "~"].iter().enumerate()
    {
        let mut spec = bench.shell("echo $0; exit 5");
        spec.task = TaskName::new(*name).unwrap();
        spec.generation = u32::try_from(n).unwrap();
        let handle = driver.start(spec).await.unwrap();
        assert_eq!(driver.wait(handle.clone()).await.exit_code, 5, "{name}");
        assert_eq!(bench.log(&format!("{name}.stdout.0")), "/bin/sh\n");
        driver.destroy(handle).await.unwrap();
    }
    let mut long = bench.shell("exit 0");
    long.task = TaskName::new("x".repeat(400)).unwrap();
    assert!(start_error(&driver, long).await.contains("control directory"));
    let mut odd = bench.shell("exit 0");
    odd.env.insert("A=B".into(), "1".into());
    assert!(start_error(&driver, odd).await.contains("`A=B`"));
    // Unwritable logs cost the logs, not the task.
    let mut deaf = bench.shell("echo lost; exit 6");
    deaf.log_dir = "/proc/self/fdinfo".into();
    let handle = driver.start(deaf).await.unwrap();
    assert_eq!(driver.wait(handle).await.exit_code, 6);
}

#[tokio::test]
async fn the_registry_knows_its_drivers_by_name() {
    let registry = DriverRegistry::new().with(agent()).with(MockDriver::new());
    let fingerprints = registry.fingerprints().await;
    let name = DriverName::new("raw_exec").unwrap();
    assert_eq!(fingerprints[&name].attributes["driver.raw_exec"], "1");
    assert_eq!(registry.names().map(DriverName::as_str).collect::<Vec<_>>(), ["mock_driver", "raw_exec"]);
    assert_eq!(registry.get(&name).unwrap().name(), name);
    assert!(registry.get(&DriverName::new("docker").unwrap()).is_none());
}
