//! `alloc exec` as its users run it: on a terminal, in pipes, through any agent, and with nothing left afterwards.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use common::{LIMIT, dev_agent, id, options, register, shell_job, wait_allocs, wait_nodes};
use muster_testkit::{Agent, Python, eventually};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::pty::{OpenptFlags, ioctl_tiocgptpeer, openpt, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use serde_json::json;
use tempfile::{TempDir, tempdir};

/// The binary under the name that scripts call it by.
fn nomad(root: &TempDir) -> PathBuf {
    let link = root.path().join("nomad");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_muster"), &link).unwrap();
    link
}

fn command(nomad: &Path, agent: &Agent, args: &[&str]) -> Command {
    let mut command = Command::new(nomad);
    command.args(args).env("NOMAD_ADDR", agent.address()).env("NO_COLOR", "1");
    command
}

/// Exit code, standard output and error of a command that is given some input.
fn run(nomad: &Path, agent: &Agent, args: &[&str], input: &[u8]) -> (i32, Vec<u8>, String) {
    let mut child = command(nomad, agent, args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut stdin, input) = (child.stdin.take().unwrap(), input.to_vec());
    // Whoever does not read its input may be gone before all of it is written.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    (output.status.code().unwrap(), output.stdout, error)
}

/// A job that runs until it is stopped; its allocation.
fn lasting(agent: &Agent, job: &str) -> String {
    register(agent, &shell_job(job, "service", 1, "export SECRET=no; exec sleep 1000"));
    id(&wait_allocs(agent, job, "running", 1)[0]).to_owned()
}

/// Waits until no process has this word in its arguments or environment.
fn wait_gone(word: &str) {
    eventually(&format!("the end of every process with {word}"), LIMIT, || {
        let holders: Vec<_> = processes_with(word);
        if holders.is_empty() { Ok(()) } else { Err(format!("{holders:?}")) }
    });
}

fn processes_with(word: &str) -> Vec<PathBuf> {
    let holds = |dir: &PathBuf| {
        fs::read(dir.join("cmdline")).is_ok_and(|text| String::from_utf8_lossy(&text).contains(word))
    };
    fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path()).filter(holds).collect()
}

#[test]
fn pipes_are_exact_both_ways_and_the_exit_code_is_the_commands() {
    let root = tempdir().unwrap();
    let (agent, nomad) = (dev_agent(&root), nomad(&root));
    let alloc = lasting(&agent, "web");
    let exec = |args: &[&str], input: &[u8]| run(&nomad, &agent, args, input);

    let script = "echo out; echo err >&2; echo $NOMAD_TASK_NAME[$SECRET]; pwd; exit 7";
    let (code, out, err) =
        exec(&["alloc", "exec", "-task", "main", &alloc[..8], "/bin/sh", "-c", script], b"");
    let out = String::from_utf8(out).unwrap();
    assert_eq!((code, err.as_str()), (7, "err\n"), "{out}");
    let dir = out.strip_prefix("out\nmain[]\n").unwrap_or_else(|| panic!("{out}"));
    assert!(dir.trim().ends_with(&format!("{alloc}/main")), "{dir}");

    // Twenty megabytes there and back.
    let bytes: Vec<u8> = (0..20_000_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let (code, back, err) = exec(&["exec", &alloc, "cat"], &bytes);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(back == bytes, "{} bytes came back of {}", back.len(), bytes.len());

    // Without input, and with input that nobody reads.
    assert_eq!(exec(&["exec", "-i=false", &alloc, "cat"], b"unread"), (0, vec![], String::new()));
    assert_eq!(exec(&["exec", &alloc, "true"], &bytes).0, 0);
    // By job and group, with a flag's look-alike for the command, and killed by a signal.
    let (code, out, _) = exec(&["exec", "-job", "-group", "main", "web", "echo", "-task", "-x"], b"");
    assert_eq!((code, out.as_slice()), (0, &b"-task -x\n"[..]));
    assert_eq!(exec(&["exec", "-job", "web", "sh", "-c", "kill -9 $$"], b"").0, 137);

    let refused = |args: &[&str], text: &str| {
        let (code, out, err) = exec(args, b"");
        assert!(code == 1 && out.is_empty() && err.contains(text), "{args:?}: {code} {err}");
    };
    refused(&["exec", "-task", "nope", &alloc, "true"], "no task `nope` in allocation");
    refused(&["exec", "ffffffff", "true"], "No allocation(s) with prefix or id \"ffffffff\" found");
    refused(&["exec", &alloc, "no-such-program"], "command `no-such-program` cannot be run");
    refused(&["exec", "-t", "-i=false", &alloc, "true"], "-i must be enabled if running with tty");
    refused(&["exec", "-e", "xy", &alloc, "true"], "single character");
    refused(&["exec", &alloc], "command");
    refused(&["exec", "-job", "-group", "other", "web", "true"], "no allocation in group `other`");

    register(&agent, &shell_job("over", "batch", 1, "true"));
    let over = id(&wait_allocs(&agent, "over", "complete", 1)[0]).to_owned();
    refused(&["exec", &over, "true"], "exec not possible, client status of allocation");
    let log = agent.output();
    assert!(log.contains("exec: started") && log.contains("exit code 7"), "{log}");
}

/// A command line on a terminal of its own.
struct Terminal {
    child: Child,
    master: File,
    seen: String,
}

impl Terminal {
    fn spawn(mut command: Command) -> Self {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let master = openpt(flags).unwrap();
        unlockpt(&master).unwrap();
        let user = ioctl_tiocgptpeer(&master, flags).unwrap();
        resize(&master, 30, 100);
        let end = || Stdio::from(user.try_clone().unwrap());
        let child = command.stdin(end()).stdout(end()).stderr(end()).spawn().unwrap();
        Self { child, master: File::from(master), seen: String::new() }
    }

    fn keys(&mut self, keys: &str) {
        self.master.write_all(keys.as_bytes()).unwrap();
    }

    /// Reads until the text is shown; what was shown before it.
    fn wait_for(&mut self, text: &str) -> String {
        let deadline = Instant::now() + LIMIT;
        loop {
            if let Some((before, after)) = self.seen.split_once(text) {
                let (before, after) = (before.to_owned(), after.to_owned());
                self.seen = after;
                return before;
            }
            let left = deadline.saturating_duration_since(Instant::now()).try_into().unwrap();
            let ready = poll(&mut [PollFd::new(&self.master, PollFlags::IN)], Some(&left)).unwrap();
            let mut buffer = [0; 4096];
            let length = if ready == 0 { 0 } else { self.master.read(&mut buffer).unwrap_or(0) };
            assert!(length > 0, "the terminal ended or stood still after {:?}", self.seen);
            self.seen.push_str(&String::from_utf8_lossy(&buffer[..length]));
        }
    }

    fn exit_code(mut self) -> i32 {
        // Somebody must read what is shown until the end.
        let mut master = self.master;
        let reader = std::thread::spawn(move || while master.read(&mut [0; 4096]).is_ok_and(|n| n > 0) {});
        let code = self.child.wait().unwrap().code().unwrap();
        drop(reader);
        code
    }
}

#[test]
fn actions_run_what_the_job_prepared_and_nothing_else() {
    let root = tempdir().unwrap();
    let (agent, nomad) = (dev_agent(&root), nomad(&root));
    let mut job = shell_job("web", "service", 2, "exec sleep 1000");
    let script = "echo $NOMAD_TASK_NAME $1; cat; exit 5";
    job["TaskGroups"][0]["Tasks"][0]["Actions"] = json!([
        {"Name": "flush", "Command": "/bin/sh", "Args": ["-c", script, "sh", "${NOMAD_ALLOC_ID} ${meta.none}"]},
        {"Name": "twice", "Command": "true"},
    ]);
    let mut other = job["TaskGroups"][0].clone();
    other["Name"] = json!("other");
    other["Count"] = json!(1);
    other["Tasks"][0]["Actions"] = json!([{"Name": "twice", "Command": "true"}]);
    job["TaskGroups"].as_array_mut().unwrap().push(other);
    let registered = register(&agent, &job);
    assert!(!registered["Warnings"].as_str().unwrap_or_default().contains("action"), "{registered}");
    let allocs = wait_allocs(&agent, "web", "running", 3);
    let of_main: Vec<&str> = allocs.iter().filter(|a| a["TaskGroup"] == "main").map(id).collect();
    let listed = agent.get("/v1/job/web/actions");
    assert_eq!((listed.as_array().unwrap().len(), &listed[0]["Name"]), (3, &json!("flush")));

    let action = |args: &[&str], input: &[u8]| run(&nomad, &agent, args, input);
    let (code, out, error) = action(&["job", "action", "-alloc", of_main[1], "flush"], b"typed\n");
    let want = format!("main {} ${{meta.none}}\ntyped\n", of_main[1]);
    assert_eq!((code, String::from_utf8(out).unwrap(), error), (5, want, String::new()));
    // Any running allocation of the job that has it; older scripts use one word.
    let (code, out, _) =
        action(&["action", "-job", "web", "-task=main", "-i=false", "flush"], b"not passed on");
    let out = String::from_utf8(out).unwrap();
    assert_eq!(code, 5);
    assert!(of_main.iter().any(|alloc| out == format!("main {alloc} ${{meta.none}}\n")), "{out}");
    assert_eq!(action(&["action", "-job=web", "-group", "other", "twice"], b"").0, 0);

    for (args, wanted) in [
        (vec!["action", "flush"], "A job ID is required"),
        (vec!["action", "-job", "web", "twice"], "several tasks have an action `twice`"),
        (vec!["action", "-job", "web", "-group", "other", "flush"], "no action `flush` there"),
        (vec!["action", "-job", "nothing", "flush"], "No job(s) with prefix or ID \"nothing\" found"),
    ] {
        let (code, _, error) = action(&args, b"");
        assert!(code == 1 && error.contains(wanted), "{args:?}: {error}");
    }
    register(&agent, &shell_job("stranger", "service", 1, "exec sleep 1000"));
    let stranger = id(&wait_allocs(&agent, "stranger", "running", 1)[0]).to_owned();
    for (query, wanted) in [
        ("task=main".to_owned(), "must provide action name"),
        ("action=flush".to_owned(), "must provide task name"),
        ("action=none&task=main".to_owned(), "action `none` not found in task `main` of job `web`"),
        ("action=flush&task=none".to_owned(), "no running allocation with a task `none`"),
        (format!("action=flush&task=main&allocID={stranger}"), "Unknown allocation"),
    ] {
        let answer = refusal(&agent, &format!("/v1/job/web/action?{query}"), wanted);
        assert!(answer.contains(wanted) && !answer.contains(" 101 "), "{query}: {answer}");
    }
}

fn resize(master: impl std::os::fd::AsFd, rows: u16, columns: u16) {
    let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(master, size).unwrap();
}

#[test]
fn a_terminal_follows_its_window_and_its_keys_and_nothing_survives_it() {
    let root = tempdir().unwrap();
    let (agent, nomad) = (dev_agent(&root), nomad(&root));
    let alloc = lasting(&agent, "web");
    let open = || {
        // A session of its own makes the terminal its own.
        let mut setsid = Command::new("setsid");
        setsid.args(["--ctty", "--wait"]).arg(&nomad).args(["alloc", "exec", &alloc, "/bin/sh"]);
        setsid.env("NOMAD_ADDR", agent.address());
        Terminal::spawn(setsid)
    };
    let mut terminal = open();
    terminal.keys("stty size; echo re''ady\r");
    terminal.wait_for("30 100");
    terminal.wait_for("ready");
    resize(&terminal.master, 50, 132);
    // The signal takes its way through three processes.
    eventually("the new size", LIMIT, || {
        terminal.keys("stty size; echo as''ked\r");
        let seen = terminal.wait_for("asked");
        if seen.contains("50 132") { Ok(()) } else { Err(seen) }
    });
    // The foreground job is interrupted, the shell is not, and neither is the command line.
    terminal.keys("echo st''arted; sleep 98765\r");
    terminal.wait_for("started");
    eventually("the foreground job", LIMIT, || {
        (!processes_with("98765").is_empty()).then_some(()).ok_or_else(String::new)
    });
    terminal.keys("\x03");
    wait_gone("98765");
    terminal.keys("exit 5\r");
    assert_eq!(terminal.exit_code(), 5);

    // The way out of a command that hangs.
    let mut terminal = open();
    terminal.keys("echo he''re; exec sleep 87654\r");
    terminal.wait_for("here");
    terminal.keys("~.");
    terminal.wait_for("Connection closed");
    assert_eq!(terminal.exit_code(), 1);
    wait_gone("87654");

    // A command line that is killed takes everything with it, daemons that ignore signals included.
    let script = "setsid sh -c 'trap \"\" HUP TERM; while :; do sleep 1; : 76543; done' & exec sleep 76543";
    let mut killed =
        command(&nomad, &agent, &["exec", &alloc, "sh", "-c", script]).stdin(Stdio::piped()).spawn().unwrap();
    eventually("the command and its daemon", LIMIT, || {
        let count = processes_with("76543").len();
        if count >= 3 { Ok(()) } else { Err(count.to_string()) }
    });
    killed.kill().unwrap();
    killed.wait().unwrap();
    wait_gone("76543");
    assert_eq!(run(&nomad, &agent, &["exec", &alloc, "true"], b"").0, 0, "the task goes on");
}

#[test]
fn through_a_client_agent_and_after_its_restart_and_ended_by_the_tasks_end() {
    let root = tempdir().unwrap();
    let nomad = nomad(&root);
    let server = options(&root, "server").server().start();
    let mut client = options(&root, "client").client(server.options.rpc_port, "").start();
    wait_nodes(&server, 1);
    let alloc = lasting(&server, "web");
    for agent in [&server, &client] {
        let (code, out, err) = run(&nomad, agent, &["exec", &alloc, "sh", "-c", "cat; exit 3"], b"hello");
        assert_eq!((code, out.as_slice(), err.as_str()), (3, &b"hello"[..], ""));
    }
    let mut cut = command(&nomad, &server, &["exec", &alloc, "sleep", "65432"]).spawn().unwrap();
    eventually("the command", LIMIT, || {
        (processes_with("65432").len() >= 2).then_some(()).ok_or_else(String::new)
    });
    client.kill();
    assert_eq!(cut.wait().unwrap().code(), Some(1), "the agent it ran through is gone");
    wait_gone("65432");
    client.restart();
    wait_nodes(&server, 1);
    eventually("a command in the task that was found again", LIMIT, || {
        match run(&nomad, &client, &["exec", &alloc, "echo", "again"], b"") {
            (0, out, _) if out == b"again\n" => Ok(()),
            other => Err(format!("{other:?}")),
        }
    });
    let ended =
        command(&nomad, &client, &["exec", &alloc, "sleep", "54321"]).stderr(Stdio::piped()).spawn().unwrap();
    eventually("the command", LIMIT, || {
        (processes_with("54321").len() >= 2).then_some(()).ok_or_else(String::new)
    });
    server.cli(&["job", "stop", "-detach", "web"]).ok();
    let output = ended.wait_with_output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(1) && text.contains("the task has ended"), "{text}");
    wait_gone("54321");
}

/// The status line of a websocket request.
fn handshake(agent: &Agent, path: &str, headers: &str) -> String {
    let mut answer = [0; 64];
    let length = ask_upgrade(agent, path, headers).read(&mut answer).unwrap();
    String::from_utf8_lossy(&answer[..length]).lines().next().unwrap_or_default().to_owned()
}

/// The answer to a request for a websocket, up to where it says `wanted`.
fn refusal(agent: &Agent, path: &str, wanted: &str) -> String {
    let (mut stream, mut answer, mut piece) = (ask_upgrade(agent, path, ""), String::new(), [0; 4096]);
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    while !answer.contains(wanted) {
        match stream.read(&mut piece) {
            Ok(0) | Err(_) => break,
            Ok(length) => answer.push_str(&String::from_utf8_lossy(&piece[..length])),
        }
    }
    answer
}

fn ask_upgrade(agent: &Agent, path: &str, headers: &str) -> TcpStream {
    let mut stream = TcpStream::connect(("127.0.0.1", agent.options.http_port)).unwrap();
    let port = agent.options.http_port;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{headers}\r\n"
    )
    .unwrap();
    stream
}

#[test]
fn pages_of_other_origins_get_no_websocket_and_refusals_have_their_status() {
    let root = tempdir().unwrap();
    let server = options(&root, "server").server().start();
    let extra = "  disable_remote_exec = true";
    let client = options(&root, "client").client(server.options.rpc_port, extra).start();
    wait_nodes(&server, 1);
    let alloc = lasting(&server, "web");
    let path = |query: &str| format!("/v1/client/allocation/{alloc}/exec?{query}");
    let whole = path("task=main&command=%5B%22true%22%5D");
    for agent in [&server, &client] {
        let port = agent.options.http_port;
        for headers in [
            "Origin: http://evil.example\r\n".to_owned(),
            "Origin: null\r\n".to_owned(),
            format!("Origin: http://127.0.0.1:{}\r\n", port ^ 1),
            "Sec-Fetch-Site: cross-site\r\n".to_owned(),
        ] {
            // Also with the handshake, which is what a page would use.
            for path in [whole.clone(), format!("{whole}&ws_handshake=true")] {
                let status = handshake(agent, &path, &headers);
                assert!(status.contains(" 403 "), "{headers}: {status}");
            }
        }
        // The operator of this node allows it to nobody.
        let own = format!("Origin: http://127.0.0.1:{port}\r\n");
        assert!(handshake(agent, &whole, &own).contains(" 403 "));
        for (path, status) in [
            (path("task=main"), " 400 "),
            (path("task=main&command=ls"), " 400 "),
            (path("command=%5B%22true%22%5D"), " 400 "),
            (path("task=x&command=%5B%22true%22%5D"), " 400 "),
            (path("task=main&command=%5B%22true%22%5D&tty=perhaps"), " 400 "),
            (whole.replace(&alloc, "99999999-9999-4999-8999-999999999999"), " 404 "),
            (format!("{whole}&region=elsewhere"), " 500 "),
        ] {
            let found = handshake(agent, &path, "");
            assert!(found.contains(status), "{path}: {found}");
        }
    }
    let refused = server.cli(&["alloc", "exec", &alloc, "true"]);
    assert!(refused.code == 1 && refused.stderr.contains("Permission denied"), "{refused:?}");
}

#[test]
fn a_python_websocket_speaks_the_frames_of_the_contract() {
    let Some(python) =
        Python::new(Path::new(env!("CARGO_MANIFEST_DIR")), Path::new(env!("CARGO_TARGET_TMPDIR")))
    else {
        return;
    };
    let root = tempdir().unwrap();
    let agent = dev_agent(&root);
    let alloc = lasting(&agent, "web");
    let mut two = shell_job("two", "service", 1, "exec sleep 1000");
    let mut poststart = two["TaskGroups"][0]["Tasks"][0].clone();
    poststart["Name"] = json!("side");
    two["TaskGroups"][0]["Tasks"].as_array_mut().unwrap().push(poststart);
    register(&agent, &two);
    let two = id(&wait_allocs(&agent, "two", "running", 1)[0]).to_owned();
    let unclear = agent.cli(&["alloc", "exec", &two, "true"]);
    assert!(unclear.code == 1 && unclear.stderr.contains("* side"), "the tasks are listed: {unclear:?}");
    python.check("exec.py", &[&agent.options.http_port.to_string(), &alloc]);
}
