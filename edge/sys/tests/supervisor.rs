//! Supervisors with real tasks: what a task is given, what becomes of it, and who may ask.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]
#![cfg(target_os = "linux")]

#[path = "support/bench.rs"]
mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::{Duration, Instant};

use muster_sys::rotate::{LogCounts, LogLimits};
use muster_sys::supervisor::{
    Attachment, ProtocolError, Reply, Request, RunAs, StartStage, Supervisors, attach, orphan_exit,
    orphan_stop, orphan_usage, read_exit,
};
use muster_sys::{procfs, signals::Signal};
use support::{Bench, alive, eventually, kill, pid_in};

const LONG: Duration = Duration::from_secs(60);

#[test]
fn exit_codes_and_signals_are_told_as_they_were() {
    let bench = Bench::new();
    for (n, (script, code, signal)) in
        [("exit 0", 0, 0), ("exit 7", 7, 0), ("kill -9 $$", 137, 9), ("kill -SEGV $$", 139, 11)]
            .iter()
            .enumerate()
    {
        let mut spec = bench.shell(script);
        spec.control_dir = bench.control_dir(&n.to_string());
        let task = bench.start(&spec);
        let exit = task.wait();
        assert_eq!((exit.code, exit.signal), (*code, *signal), "{script}");
        assert!(exit.finished_unix_nanos > 0);
        eventually("the supervisor's end", || read_exit(&task.control_dir).unwrap());
    }
}

#[test]
fn the_task_gets_the_given_environment_and_nothing_else() {
    let bench = Bench::new();
    let mut spec = bench.spec(&["/usr/bin/env", "-0"]);
    spec.env = vec![
        ("A".into(), "1 = 2".into()),
        ("EMPTY".into(), String::new()),
        ("Ü".into(), "line\nfeed".into()),
    ];
    let task = bench.start(&spec);
    assert_eq!(task.wait().code, 0);
    assert_eq!(task.stdout(), "A=1 = 2\0EMPTY=\0Ü=line\nfeed\0");
}

#[test]
fn the_task_inherits_no_descriptor_no_mask_and_no_ignored_signal() {
    let bench = Bench::new();
    let (exit, task) = bench.run("ls -1 /proc/$$/fd; grep -E '^Sig(Blk|Ign)' /proc/self/status; umask");
    assert_eq!(exit.code, 0);
    let none = "0000000000000000";
    assert_eq!(task.stdout(), format!("0\n1\n2\nSigBlk:\t{none}\nSigIgn:\t{none}\n0022\n"));
}

#[test]
fn the_task_leads_a_session_that_is_not_its_supervisors() {
    let bench = Bench::new();
    let task = bench.start(&bench.shell("exec sleep 1000"));
    let status = task.status();
    let (task_stat, supervisor) =
        (procfs::stat(task.identity.pid).unwrap(), procfs::stat(status.supervisor_pid).unwrap());
    assert_eq!((task_stat.session, task_stat.group), (task.identity.pid, task.identity.pid));
    assert_eq!(supervisor.session, status.supervisor_pid);
    assert_eq!(task_stat.parent, status.supervisor_pid);
    assert_ne!(supervisor.session, procfs::stat(std::process::id()).unwrap().session);
}

#[test]
fn every_byte_of_a_fast_writer_is_kept_or_counted() {
    let bench = Bench::new();
    let mut spec = bench.shell("yes 0123456789abcde | head -c 32000000; echo end >&2");
    spec.logs = Some(LogLimits { max_files: 100, max_file_bytes: 1_000_000 });
    let task = bench.start(&spec);
    let exit = task.wait();
    assert_eq!(exit.stdout, LogCounts { written: 32_000_000, dropped: 0 });
    let log = task.log("stdout");
    assert_eq!(log.len(), 32_000_000);
    assert!(log.chunks(16).all(|line| line == b"0123456789abcde\n"));
    assert_eq!(task.log("stderr"), b"end\n");
}

#[test]
fn discarded_logs_leave_no_file() {
    let bench = Bench::new();
    let mut spec = bench.shell("echo gone; test -c /dev/stdout");
    spec.logs = None;
    let task = bench.start(&spec);
    assert_eq!(task.wait().code, 0);
    assert_eq!(fs::read_dir(&task.log_dir).unwrap().count(), 0);
}

#[test]
fn a_missing_log_directory_neither_blocks_nor_fails_the_task() {
    let bench = Bench::new();
    let mut spec = bench.shell("yes | head -c 1000000; exit 3");
    spec.log_dir = bench.path("not there");
    let exit = bench.start(&spec).wait();
    assert_eq!((exit.code, exit.stdout), (3, LogCounts { written: 0, dropped: 1_000_000 }));
}

#[test]
fn stop_gives_the_group_its_signal_and_its_time() {
    let bench = Bench::new();
    let task =
        bench.start(&bench.shell("trap 'echo bye; exit 5' TERM; echo up; while :; do sleep 0.01; done"));
    eventually("the trap", || (task.stdout() == "up\n").then_some(()));
    let exit = task.stop(15, LONG);
    assert_eq!((exit.code, exit.signal), (5, 0));
    assert_eq!(task.stdout(), "up\nbye\n");
}

#[test]
fn stop_kills_what_does_not_listen_and_every_daemon_it_left() {
    let bench = Bench::new();
    let script = "trap '' TERM INT HUP
        (setsid sh -c 'trap \"\" TERM; echo $$ > daemon; sleep 1000' >/dev/null 2>&1 &)
        (setsid sh -c 'setsid sh -c \"echo \\$\\$ > deep; exec sleep 1000\" &' &)
        echo $$ > main; while :; do sleep 1000; done";
    let task = bench.start(&bench.shell(script));
    let pids = ["main", "daemon", "deep"].map(|name| pid_in(&bench.path(name)));
    assert!(pids.iter().all(|pid| alive(*pid)));
    let supervisor = task.status().supervisor_pid;
    let exit = task.stop(15, Duration::from_millis(50));
    assert_eq!(exit.signal, 9);
    assert!(!pids.iter().any(|pid| alive(*pid)), "the stop was answered before everything was gone");
    assert_eq!(exit.unkillable, 0);
    eventually("the supervisor's end", || (!alive(supervisor)).then_some(()));
}

#[test]
fn a_daemon_does_not_outlive_its_task() {
    let bench = Bench::new();
    let script = "(setsid sh -c 'echo $$ > daemon; exec sleep 1000' >/dev/null 2>&1 &)
        until test -s daemon; do :; done";
    let (exit, _task) = bench.run(script);
    assert_eq!(exit.code, 0);
    assert!(exit.killed_leftovers >= 1);
    assert!(!alive(pid_in(&bench.path("daemon"))));
}

#[test]
fn a_nearer_deadline_counts_and_a_farther_one_does_not() {
    let bench = Bench::new();
    let task = bench.start(&bench.shell("trap '' TERM; echo up; while :; do sleep 1000; done"));
    eventually("the trap", || (task.stdout() == "up\n").then_some(()));
    let begun = Instant::now();
    let mut patient = task.connect().into_stream();
    std::io::Write::write_all(&mut patient, &Request::Stop { signal: 15, timeout: LONG }.to_frame()).unwrap();
    eventually("the first stop", || task.status().stopping.then_some(()));
    assert_eq!(task.stop(15, Duration::ZERO).signal, 9);
    assert!(begun.elapsed() < LONG / 2);
}

#[test]
fn signals_reach_the_main_process_and_nonsense_is_refused() {
    let bench = Bench::new();
    let task = bench.start(&bench.shell("trap 'echo hup' HUP; echo up; while :; do sleep 0.01; done"));
    eventually("the trap", || (task.stdout() == "up\n").then_some(()));
    assert_eq!(task.connect().call(&Request::Signal(1)).unwrap(), Reply::Done);
    eventually("the signal", || (task.stdout() == "up\nhup\n").then_some(()));
    for number in [0, -9, 64, 1000] {
        let refused = task.connect().call(&Request::Signal(number));
        assert!(matches!(refused, Err(ProtocolError::Refused(text)) if text.contains(&number.to_string())));
    }
}

#[test]
fn signals_meant_for_the_agent_do_not_end_a_supervisor() {
    let bench = Bench::new();
    let task = bench.start(&bench.shell("exec sleep 1000"));
    let supervisor = task.status().supervisor_pid;
    for signal in
        [Signal::HUP, Signal::INT, Signal::TERM, "SIGPIPE".parse().unwrap(), "SIGQUIT".parse().unwrap()]
    {
        kill(supervisor, signal.number());
        assert_eq!(task.status().supervisor_pid, supervisor);
    }
}

#[test]
fn a_task_outlives_the_agent_and_its_template() {
    let bench = Bench::new();
    let task = bench.start(&bench.shell("until test -e go; do sleep 0.01; done; echo done; exit 9"));
    let Bench { root, supervisors } = bench;
    drop(supervisors);
    assert_eq!(task.status().task, task.identity);
    fs::write(root.path().join("go"), "").unwrap();
    assert_eq!(task.wait().code, 9);
    assert_eq!(task.stdout(), "done\n");
}

#[test]
fn a_killed_template_is_replaced() {
    let bench = Bench::new();
    let first = bench.start(&bench.shell("exec sleep 1000"));
    let template = procfs::stat(first.status().supervisor_pid).unwrap().parent;
    assert_eq!(procfs::stat(template).unwrap().parent, std::process::id());
    kill(template, 9);
    eventually("the template's end", || (!alive(template)).then_some(()));
    let mut spec = bench.shell("exit 4");
    spec.control_dir = bench.control_dir("second");
    assert_eq!(bench.start(&spec).wait().code, 4);
    assert!(alive(first.identity.pid));
}

#[test]
fn a_task_whose_supervisor_was_killed_is_found_and_stopped() {
    let bench = Bench::new();
    let task =
        bench.start(&bench.shell("sleep 1000 & echo $! > child; trap '' PIPE; while :; do sleep 1000; done"));
    let child = pid_in(&bench.path("child"));
    let supervisor = task.status().supervisor_pid;
    kill(supervisor, 9);
    eventually("the supervisor's end", || (!alive(supervisor)).then_some(()));
    // Not even the agent's own store is needed: the identity is on disk.
    let Attachment::Orphaned(found) = attach(&task.control_dir, None).unwrap() else {
        panic!("{:?}", task.attach())
    };
    assert_eq!(found, task.identity);
    assert!(orphan_usage(&found).unwrap().processes >= 2);
    let pending = orphan_exit(&found).unwrap().unwrap();
    assert!(!pending.has_ended().unwrap());
    orphan_stop(&found, Signal::TERM, Duration::from_millis(50)).unwrap();
    assert!(pending.has_ended().unwrap() && !alive(child));
    assert!(matches!(task.attach(), Attachment::Lost { rebooted: false }));
    assert!(orphan_exit(&found).unwrap().is_none());
}

#[test]
fn a_task_of_another_boot_is_lost_and_another_task_is_refused() {
    let bench = Bench::new();
    let task = bench.start(&bench.shell("exec sleep 1000"));
    let mut other = task.identity.clone();
    other.start_ticks += 1;
    assert!(attach(&task.control_dir, Some(&other)).is_err());
    let mut rebooted = task.identity.clone();
    rebooted.boot_id = "another boot".into();
    let empty = bench.control_dir("empty");
    assert!(matches!(attach(&empty, Some(&rebooted)).unwrap(), Attachment::Lost { rebooted: true }));
    assert!(attach(&empty, None).is_err());
}

#[test]
fn a_failed_start_names_its_step_and_leaves_nothing() {
    let bench = Bench::new();
    let mut cases = vec![(bench.spec(&["/no/such/program"]), StartStage::Exec)];
    let mut spec = bench.shell("true");
    spec.cwd = bench.path("nowhere");
    cases.push((spec, StartStage::WorkDir));
    let mut spec = bench.shell("true");
    spec.cgroup_procs = vec![bench.path("no/cgroup.procs")];
    cases.push((spec, StartStage::Cgroup));
    let mut spec = bench.shell("true");
    spec.argv.push("a\0b".into());
    cases.push((spec, StartStage::Specification));
    let mut spec = bench.shell("true");
    fs::set_permissions(&spec.control_dir, fs::Permissions::from_mode(0o755)).unwrap();
    spec.control_dir = bench.path("control");
    let open = spec;
    for (spec, stage) in &cases {
        fs::set_permissions(&spec.control_dir, fs::Permissions::from_mode(0o700)).unwrap();
        let error = bench.supervisors.start(spec).unwrap_err();
        assert_eq!(error.stage, *stage, "{error}");
        eventually("a clean directory", || {
            (fs::read_dir(&spec.control_dir).unwrap().count() == 0).then_some(())
        });
    }
    fs::set_permissions(&open.control_dir, fs::Permissions::from_mode(0o755)).unwrap();
    let error = bench.supervisors.start(&open).unwrap_err();
    assert!(error.stage == StartStage::ControlDir && error.to_string().contains("0700"), "{error}");
    let error = Supervisors::with_program("/no/such/binary".into()).start(&open).unwrap_err();
    assert!(error.to_string().contains("/no/such/binary"), "{error}");
}

#[test]
fn socket_paths_longer_than_the_kernels_limit_work() {
    let bench = Bench::new();
    let mut spec = bench.shell("exit 6");
    spec.control_dir = bench.control_dir(&["deep"; 60].join("/"));
    assert!(spec.control_dir.as_os_str().len() > 250);
    assert_eq!(bench.start(&spec).wait().code, 6);
}

#[test]
fn usage_covers_the_whole_tree_the_ended_included() {
    let bench = Bench::new();
    let burn = "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done";
    let task = bench.start(&bench.shell(&format!("sh -c '{burn}'; touch burnt; sleep 1000 & sleep 1000")));
    eventually("the ended child", || bench.path("burnt").exists().then_some(()));
    let usage = eventually("three processes", || match task.connect().call(&Request::Usage).unwrap() {
        Reply::Usage(usage) => (usage.processes == 3).then_some(usage),
        other => panic!("{other:?}"),
    });
    assert!(usage.rss_bytes > 0);
    assert!(usage.cpu_time >= Duration::from_millis(20), "{usage:?}");
}

#[test]
fn a_hostile_client_is_dropped_and_the_task_goes_on() {
    let bench = Bench::new();
    let task = bench.start(&bench.shell("exec sleep 1000"));
    for garbage in
        [&b"\xff\xff\xff\xff"[..], b"\x02\0\0\0\x09\0", b"\x02\0\0\0\x01\x63", b"GET / HTTP/1.1\r\n\r\n"]
    {
        let mut stream = task.connect().into_stream();
        std::io::Write::write_all(&mut stream, garbage).unwrap();
        // A refusal, then the end; never a hang.
        std::io::Read::read_to_end(&mut stream, &mut Vec::new()).unwrap_or(0);
    }
    // More than there is room for: the late are refused, and room is made when others leave.
    let crowd: Vec<_> = (0..40).map(|_| task.connect()).collect();
    drop(crowd);
    eventually("a place", || match attach(&task.control_dir, None).unwrap() {
        Attachment::Supervised(mut connection) => connection.call(&Request::Hello).ok(),
        _ => None,
    });
}

#[test]
fn another_user_is_refused_even_with_an_open_door() {
    let bench = Bench::new();
    if !rustix::process::geteuid().is_root() {
        println!("SKIPPED: needs root to become another user");
        return;
    }
    let task = bench.start(&bench.shell("exec sleep 1000"));
    fs::set_permissions(&task.control_dir, fs::Permissions::from_mode(0o755)).unwrap();
    let socket = task.control_dir.join("socket");
    assert_eq!(
        fs::metadata(&socket).unwrap().permissions().mode() & 0o077,
        0,
        "the socket itself is private"
    );
    fs::set_permissions(&socket, fs::Permissions::from_mode(0o666)).unwrap();
    let script = "use IO::Socket::UNIX; my $s = IO::Socket::UNIX->new(Peer => $ARGV[0]) or exit 3;
        $SIG{PIPE} = 'IGNORE'; syswrite $s, \"\\x02\\0\\0\\0\\x01\\0\"; sysread($s, my $reply, 99); print length($reply // '');";
    let ask = |uid| {
        let mut perl = Command::new("/usr/bin/perl");
        let output =
            perl.arg("-e").arg(script).arg(&socket).current_dir("/").uid(uid).gid(uid).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    assert_eq!(ask(65534), (Some(0), "0".into()), "another user was answered");
    assert!(
        matches!(ask(0), (Some(0), answer) if answer != "0"),
        "the same question by root was not answered"
    );
}

#[test]
fn the_task_runs_as_its_user_with_its_groups_only() {
    let bench = Bench::new();
    if !rustix::process::geteuid().is_root() {
        println!("SKIPPED: needs root to become another user");
        return;
    }
    let mut spec = bench.shell("id -u; id -g; id -G; cat /proc/self/oom_score_adj; : < /etc/shadow");
    spec.run_as = Some(RunAs { uid: 65534, gid: 65534, groups: vec![65534, 4242] });
    spec.oom_score_adj = Some(321);
    let task = bench.start(&spec);
    assert_ne!(task.wait().code, 0);
    assert_eq!(task.stdout(), "65534\n65534\n65534 4242\n321\n");
    assert!(String::from_utf8(task.log("stderr")).unwrap().contains("ermission denied"));
}

#[test]
fn a_supervisor_holds_nothing_of_whoever_started_it() {
    let bench = Bench::new();
    // A descriptor without close-on-exec, as careless libraries make them.
    let leak = fs::File::open("/dev/zero").unwrap();
    rustix::io::fcntl_setfd(&leak, rustix::io::FdFlags::empty()).unwrap();
    let task = bench.start(&bench.shell("exec sleep 1000"));
    let files = |pid: u32| -> Vec<String> {
        let fds = fs::read_dir(format!("/proc/{pid}/fd")).unwrap();
        // One that was closed since it was listed is none.
        fds.filter_map(|fd| Some(fs::read_link(fd.ok()?.path()).ok()?.to_str()?.to_owned())).collect()
    };
    let held = files(task.status().supervisor_pid);
    assert!(!held.iter().any(|file| file == "/dev/zero"), "{held:?}");
    // Its standard three, child events, control directory, listener, our last connection, and per stream a pipe, a
    // directory and a file.
    assert!(held.len() <= 3 + 3 + 1 + 6, "{held:?}");
    // A program that is just starting has its libraries open for a moment.
    eventually("the task holding its standard three alone", || {
        (files(task.identity.pid).len() == 3).then_some(())
    });
    drop(leak);
}
