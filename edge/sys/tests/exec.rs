//! Commands beside a task: what they are given, how they end, and that nothing of them is left.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]
#![cfg(target_os = "linux")]

#[path = "support/bench.rs"]
mod support;

use std::fs::{self, File};
use std::io::{Read, Write};
use std::time::Duration;

use muster_sys::pty::{TtySize, resize};
use muster_sys::supervisor::{Exec, ExecError, ExecExit, ExecIo, ExecSpec, RunAs, StartStage};
use support::{Bench, Task, alive, eventually, pid_in};

fn try_exec(task: &Task, argv: &[&str], tty: bool) -> Result<Exec, ExecError> {
    let argv = argv.iter().map(|arg| (*arg).to_owned()).collect();
    task.connect().exec(&ExecSpec { argv, tty }, TtySize::default())
}

fn shell(task: &Task, script: &str) -> Exec {
    try_exec(task, &["/bin/sh", "-c", script], false).unwrap()
}

/// How it ended; `None` when its keeper was killed.
fn exit(exec: &mut Exec) -> Option<ExecExit> {
    let mut bytes = [0; ExecExit::SIZE];
    exec.channel.read_exact(&mut bytes).ok().map(|()| ExecExit::from_bytes(bytes))
}

/// Everything it prints on standard output and error, without input.
fn output(exec: &mut Exec) -> (String, String, ExecExit) {
    let io = std::mem::replace(&mut exec.io, ExecIo::Terminal(File::open("/dev/null").unwrap().into()));
    let ExecIo::Pipes { stdin, stdout, stderr } = io else { panic!("a terminal") };
    drop(stdin);
    let read = |fd| {
        let mut text = String::new();
        File::from(fd).read_to_string(&mut text).unwrap();
        text
    };
    let (out, err) = (read(stdout), read(stderr));
    (out, err, exit(exec).unwrap())
}

fn terminal(exec: &Exec) -> File {
    let ExecIo::Terminal(master) = &exec.io else { panic!("no terminal") };
    File::from(master.try_clone().unwrap())
}

/// Reads until the text shows up.
fn read_until(terminal: &mut File, wanted: &str) -> String {
    let mut seen = String::new();
    let mut buffer = [0; 1024];
    while !seen.contains(wanted) {
        let length = terminal.read(&mut buffer).unwrap_or_else(|error| panic!("{error} after {seen:?}"));
        seen.push_str(&String::from_utf8_lossy(&buffer[..length]));
    }
    seen
}

fn sleeper(bench: &Bench) -> Task {
    let mut spec = bench.shell("exec sleep 1000");
    spec.env.push(("GREETING".into(), "hello".into()));
    bench.start(&spec)
}

#[test]
fn a_command_has_the_tasks_environment_and_directory_and_three_pipes() {
    let bench = Bench::new();
    let task = sleeper(&bench);
    let mut exec =
        shell(&task, "env; pwd -P; ls -1 /proc/self/fd; grep SigIgn /proc/self/status; echo no >&2; exit 7");
    let (out, err, exit) = output(&mut exec);
    let expected = format!(
        "PATH=/usr/bin:/bin\nGREETING=hello\nPWD={dir}\n{dir}\n0\n1\n2\n3\nSigIgn:\t0000000000000000\n",
        dir = bench.root.path().display()
    );
    let mut lines: Vec<&str> = out.lines().collect();
    let mut wanted: Vec<&str> = expected.lines().collect();
    lines.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(lines, wanted);
    assert_eq!((err.as_str(), exit), ("no\n", ExecExit { code: 7, signal: 0 }));

    let mut killed = shell(&task, "kill -9 $$");
    assert_eq!(output(&mut killed).2, ExecExit { code: 137, signal: 9 });
}

#[test]
fn input_ends_when_the_agent_closes_it_and_bytes_are_exact_both_ways() {
    let bench = Bench::new();
    let task = sleeper(&bench);
    let mut exec = try_exec(&task, &["cat"], false).unwrap();
    let bytes: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
    let io = std::mem::replace(&mut exec.io, ExecIo::Terminal(File::open("/dev/null").unwrap().into()));
    let ExecIo::Pipes { stdin, stdout, .. } = io else { panic!("a terminal") };
    let sent = bytes.clone();
    let writer = std::thread::spawn(move || File::from(stdin).write_all(&sent).unwrap());
    let mut back = Vec::new();
    File::from(stdout).read_to_end(&mut back).unwrap();
    writer.join().unwrap();
    assert!(back == bytes, "{} bytes came back of {}", back.len(), bytes.len());
    assert_eq!(exit(&mut exec), Some(ExecExit::default()));
}

#[test]
fn a_terminal_has_a_size_that_follows_and_a_foreground_that_is_interrupted() {
    let bench = Bench::new();
    let task = sleeper(&bench);
    let mut exec = try_exec(&task, &["/bin/sh"], true).unwrap();
    let mut terminal = terminal(&exec);
    terminal.write_all(b"stty size; echo $TERM; tty\n").unwrap();
    let seen = read_until(&mut terminal, "/dev/pts/");
    assert!(seen.contains("24 80") && seen.contains("xterm"), "{seen:?}");
    resize(&terminal, TtySize { height: 50, width: 132 }).unwrap();
    terminal.write_all(b"stty size\n").unwrap();
    read_until(&mut terminal, "50 132");
    terminal.write_all(b"sleep 1000; echo inter''rupted\n").unwrap();
    let sleeping = eventually("the foreground job", || {
        let below = muster_sys::procfs::descendants(exec.process.pid).unwrap();
        let pid = below.first()?.pid;
        // Before it is another program, the terminal may not be its yet.
        let comm = std::fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
        (comm.trim_end() == "sleep").then_some(pid)
    });
    terminal.write_all(b"\x03").unwrap();
    eventually("its end", || (!alive(sleeping)).then_some(()));
    terminal.write_all(b"exit 5\n").unwrap();
    assert_eq!(exit(&mut exec), Some(ExecExit { code: 5, signal: 0 }));
}

#[test]
fn nothing_is_left_when_the_agent_hangs_up_or_the_command_ends() {
    let bench = Bench::new();
    let task = sleeper(&bench);
    let script = |name: &str, then: &str| {
        let (daemon, own) = (bench.path(&format!("{name}.daemon")), bench.path(&format!("{name}.own")));
        let script = format!(
            "setsid sh -c 'trap \"\" HUP TERM; echo $$ > {}; while :; do sleep 1; done' & echo $$ > {}; {then}",
            daemon.display(),
            own.display()
        );
        (script, daemon, own)
    };
    let (text, daemon, own) = script("hangup", "exec sleep 1000");
    let exec = shell(&task, &text);
    let pids = [pid_in(&daemon), pid_in(&own)];
    assert!(pids.into_iter().all(alive));
    drop(exec);
    eventually("the end of all", || (!pids.into_iter().any(alive)).then_some(()));

    let (text, daemon, _) = script("ended", "while ! test -s *.daemon; do sleep 0.01; done; exit 3");
    let text = text.replace("*.daemon", &bench.path("ended.daemon").display().to_string());
    let mut exec = shell(&task, &text);
    assert_eq!(exit(&mut exec), Some(ExecExit { code: 3, signal: 0 }));
    let daemon = pid_in(&daemon);
    eventually("the end of what it left", || (!alive(daemon)).then_some(()));
    assert!(task.identity.is_running(), "the task itself goes on");
    let supervisor = task.status().supervisor_pid;
    eventually("the end of the keepers", || {
        let below = muster_sys::procfs::descendants(supervisor).unwrap();
        (below.len() == 1).then_some(())
    });
}

#[test]
fn the_tasks_end_ends_its_commands() {
    let bench = Bench::new();
    let task = sleeper(&bench);
    let file = bench.path("pid");
    let mut exec =
        shell(&task, &format!("trap '' TERM HUP; echo $$ > {}; while :; do sleep 1; done", file.display()));
    let pid = pid_in(&file);
    assert_eq!(task.stop(15, Duration::from_secs(60)).signal, 15);
    assert!(!alive(pid));
    assert_eq!(exit(&mut exec), None);
}

#[test]
fn what_cannot_run_is_said_and_leaves_nothing() {
    let bench = Bench::new();
    let task = sleeper(&bench);
    fs::write(bench.path("plain"), "").unwrap();
    for (argv, kind) in [
        (["no-such-program"], std::io::ErrorKind::NotFound),
        (["./plain"], std::io::ErrorKind::PermissionDenied),
        ([""], std::io::ErrorKind::NotFound),
    ] {
        match try_exec(&task, &argv, false) {
            Err(ExecError::Start(error)) => {
                assert_eq!((error.stage, error.cause.kind()), (StartStage::Exec, kind), "{argv:?}");
            }
            other => panic!("{argv:?}: {other:?}"),
        }
    }
    let long = "x".repeat(300 << 10);
    assert!(matches!(try_exec(&task, &["echo", &long], false), Err(ExecError::TooLong(_))));
}

#[test]
fn a_command_runs_as_the_tasks_user_who_owns_its_terminal() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("skipped: only root can switch users");
        return;
    }
    let bench = Bench::new();
    let mut spec = bench.shell("exec sleep 1000");
    spec.run_as = Some(RunAs { uid: 65534, gid: 65534, groups: vec![] });
    let task = bench.start(&spec);
    let exec =
        try_exec(&task, &["/bin/sh", "-c", "echo user $(id -u) owner $(stat -c %u $(tty)); read x"], true);
    let exec = exec.unwrap();
    read_until(&mut terminal(&exec), "user 65534 owner 65534");
}
