//! Commands beside tasks, as an agent runs them.

#![expect(clippy::unwrap_used, reason = "tests")]
#![cfg(target_os = "linux")]

#[path = "support/bench.rs"]
mod support;

use std::collections::BTreeMap;
use std::time::Duration;

use muster_driver::{
    DriverError, ExecExit, ExecOutput, ExecRequest, ExecSession, MockDriver, StopRequest, TaskDriver,
};
use muster_model::Value;
use muster_sys::pty::TtySize;
use support::{Bench, agent, kill, text};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn request(command: &[&str], tty: bool) -> ExecRequest {
    let command = command.iter().map(|word| (*word).to_owned()).collect();
    ExecRequest { command, tty: tty.then(TtySize::default) }
}

async fn read(mut from: ExecOutput) -> Vec<u8> {
    let mut bytes = Vec::new();
    from.read_to_end(&mut bytes).await.unwrap();
    bytes
}

/// Standard output and error, and the end, for some input.
async fn run(session: ExecSession, input: &[u8]) -> (Vec<u8>, Vec<u8>, ExecExit) {
    let ExecSession { mut stdin, stdout, stderr, exit, .. } = session;
    let write = async {
        stdin.write_all(input).await.unwrap();
        stdin.shutdown().await.unwrap();
        drop(stdin);
    };
    let errors = async {
        match stderr {
            Some(stderr) => read(stderr).await,
            None => Vec::new(),
        }
    };
    let ((), out, err, exit) = tokio::join!(write, read(stdout), errors, exit);
    (out, err, exit.unwrap())
}

#[tokio::test]
async fn bytes_pass_both_ways_unchanged_and_the_exit_code_is_told() {
    let bench = Bench::new();
    let driver = agent();
    let handle = driver.start(bench.shell("exec sleep 1000")).await.unwrap();
    let input: Vec<u8> = (0..5_000_000_u32).map(|n| (n % 253) as u8).collect();
    let command = request(&["/bin/sh", "-c", "cat; echo done >&2; exit 7"], false);
    let session = driver.exec(handle.clone(), command).await.unwrap();
    let (out, err, exit) = run(session, &input).await;
    assert!(out == input, "{} bytes of {}", out.len(), input.len());
    assert_eq!((err.as_slice(), exit), (&b"done\n"[..], ExecExit { exit_code: 7, signal: 0 }));
    kill(&driver, handle).await;
}

#[tokio::test]
async fn a_terminal_is_one_stream_whose_input_ends_with_its_key() {
    let bench = Bench::new();
    let driver = agent();
    let handle = driver.start(bench.shell("exec sleep 1000")).await.unwrap();
    let session = driver.exec(handle.clone(), request(&["cat"], true)).await.unwrap();
    assert!(session.stderr.is_none());
    session.resize.as_ref().unwrap()(TtySize { height: 9, width: 9 }).unwrap();
    let (out, _, exit) = run(session, b"hello\n").await;
    assert_eq!((out.as_slice(), exit), (&b"hello\r\nhello\r\n"[..], ExecExit::default()));
    kill(&driver, handle).await;
}

#[tokio::test]
async fn a_restarted_agent_runs_commands_too_and_the_tasks_end_ends_them() {
    let bench = Bench::new();
    let handle = agent().start(bench.shell("exec sleep 1000")).await.unwrap();
    let driver = agent();
    driver.recover(handle.clone()).await.unwrap();
    let session = driver.exec(handle.clone(), request(&["sleep", "1000"], false)).await.unwrap();
    let stop = StopRequest { signal: None, timeout: Duration::from_secs(60) };
    driver.stop(handle.clone(), stop).await.unwrap();
    assert!(matches!(session.exit.await, Err(DriverError::NotRunning)));
    let refused = driver.exec(handle, request(&["true"], false)).await;
    assert!(matches!(refused, Err(DriverError::NotRunning)), "{refused:?}");
}

#[tokio::test]
async fn a_command_that_is_not_there_is_named() {
    let bench = Bench::new();
    let driver = agent();
    let handle = driver.start(bench.shell("exec sleep 1000")).await.unwrap();
    let error = driver.exec(handle.clone(), request(&["nope"], false)).await.unwrap_err();
    let expected = "command `nope` cannot be run: it is neither in the task's PATH nor a file of the task";
    assert_eq!(error.to_string(), expected);
    kill(&driver, handle).await;
}

#[tokio::test]
async fn a_mock_task_says_what_comes_of_commands() {
    let bench = Bench::new();
    let driver = MockDriver::new();
    let block =
        [("exit_code", Value::Int(3)), ("stdout_string", text("out")), ("stderr_string", text("err"))];
    let block: BTreeMap<String, Value> = block.map(|(key, value)| (key.to_owned(), value)).into();
    let config = [("run_for", text("1000s")), ("exec_command", Value::List(vec![Value::Map(block)]))];
    let handle = driver.start(bench.spec(&config)).await.unwrap();
    let session = driver.exec(handle.clone(), request(&["anything"], false)).await.unwrap();
    let (out, err, exit) = run(session, b"").await;
    assert_eq!((out.as_slice(), err.as_slice(), exit.exit_code), (&b"out"[..], &b"err"[..], 3));
    let session = driver.exec(handle, request(&["showinput"], false)).await.unwrap();
    assert_eq!(run(session, b"typed").await.0, b"TTY: false\nStdin:\ntyped\n");

    let mut silent = bench.spec(&[("run_for", text("1000s"))]);
    silent.generation = 1;
    let handle = driver.start(silent).await.unwrap();
    let refused = driver.exec(handle, request(&["anything"], false)).await;
    assert!(matches!(refused, Err(DriverError::Command(_))), "{refused:?}");
    let mut wrong = BTreeMap::from([("exec_command".to_owned(), text("ls"))]);
    assert!(driver.validate(&wrong).is_err());
    wrong.insert("exec_command".to_owned(), Value::Map(BTreeMap::from([("x".to_owned(), Value::Null)])));
    assert_eq!(driver.validate(&wrong).unwrap_err()[0].key, "exec_command.x");
}
