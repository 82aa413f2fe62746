//! `mock_driver` on a clock that only moves when everybody waits.

#![expect(clippy::unwrap_used, reason = "tests")]
#![cfg(target_os = "linux")]

#[path = "support/bench.rs"]
mod support;

use std::time::Duration;

use muster_driver::{DriverError, MockDriver, StopRequest, TaskDriver};
use muster_model::Value;
use support::{Bench, text};
use tokio::time::Instant;

#[tokio::test(start_paused = true)]
async fn a_task_takes_its_time_and_ends_as_it_was_told() {
    let bench = Bench::new();
    let driver = MockDriver::new();
    let spec = bench.spec(&[
        ("run_for", text("90s")),
        ("exit_code", Value::Int(3)),
        ("exit_signal", text("9")),
        ("exit_err_msg", text("boom")),
        ("signal_error", text("deaf")),
        ("plugin_exit_after", text("1s")),
    ]);
    let begun = Instant::now();
    let handle = driver.start(spec).await.unwrap();
    assert!(driver.usage(handle.clone()).await.is_ok());
    let deaf = driver.signal(handle.clone(), "SIGHUP".into()).await.unwrap_err();
    assert_eq!(deaf.to_string(), "deaf");
    let exit = driver.wait(handle.clone()).await;
    let ran = begun.elapsed();
    assert!(ran > Duration::from_secs(85) && ran < Duration::from_secs(95), "{ran:?}");
    assert_eq!((exit.exit_code, exit.signal, exit.error.as_deref()), (3, 9, Some("boom")));
    assert_eq!(driver.wait(handle.clone()).await, exit);
    assert!(matches!(driver.signal(handle.clone(), "SIGHUP".into()).await, Err(DriverError::NotRunning)));
    driver.destroy(handle).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_restarted_agent_takes_up_the_timer() {
    let bench = Bench::new();
    let handle = MockDriver::new().start(bench.spec(&[("run_for", text("1h"))])).await.unwrap();
    let driver = MockDriver::new();
    driver.recover(handle.clone()).await.unwrap();
    let begun = Instant::now();
    assert!(driver.wait(handle.clone()).await.successful());
    assert!(begun.elapsed() <= Duration::from_secs(3600));
    let foreign = muster_driver::TaskHandle { version: 9, ..handle };
    assert!(matches!(driver.recover(foreign).await, Err(DriverError::ForeignHandle { .. })));
}

#[tokio::test(start_paused = true)]
async fn stop_takes_kill_after_but_no_longer_than_the_time_out() {
    let bench = Bench::new();
    let driver = MockDriver::new();
    for (generation, (timeout, signal)) in [(20, 15), (5, 9)].into_iter().enumerate() {
        let mut spec = bench.spec(&[("run_for", text("1h")), ("kill_after", text("10s"))]);
        spec.generation = u32::try_from(generation).unwrap();
        let handle = driver.start(spec).await.unwrap();
        assert!(driver.destroy(handle.clone()).await.is_err());
        let begun = Instant::now();
        let request = StopRequest { signal: Some("SIGTERM".into()), timeout: Duration::from_secs(timeout) };
        driver.stop(handle.clone(), request).await.unwrap();
        assert!(begun.elapsed().as_secs() == timeout.min(10), "{:?}", begun.elapsed());
        assert_eq!(driver.wait(handle).await.signal, signal);
    }
}

#[tokio::test(start_paused = true)]
async fn a_start_can_be_slow_and_can_fail() {
    let bench = Bench::new();
    let driver = MockDriver::new();
    for recoverable in [true, false] {
        let begun = Instant::now();
        let spec = bench.spec(&[
            ("start_block_for", text("30s")),
            ("start_error", text("no luck")),
            ("start_error_recoverable", Value::Bool(recoverable)),
        ]);
        let error = driver.start(spec).await.unwrap_err();
        assert!(begun.elapsed() >= Duration::from_secs(30));
        let told = matches!(&error, DriverError::Start { message, recoverable: r } if message == "no luck" && *r == recoverable);
        assert!(told, "{error}");
    }
    let problems = driver
        .validate(&bench.spec(&[("run_for", text("soon")), ("exit_code", text("x"))]).config)
        .unwrap_err();
    assert_eq!(problems.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn output_is_repeated_while_the_task_runs() {
    let bench = Bench::new();
    let driver = MockDriver::new();
    let spec = bench.spec(&[
        ("run_for", text("35s")),
        ("stdout_string", text("tick\n")),
        ("stdout_repeat", Value::Int(100)),
        ("stdout_repeat_duration", text("10s")),
        ("stderr_string", text("once\n")),
    ]);
    let handle = driver.start(spec).await.unwrap();
    assert_eq!(bench.log("web.stdout.0"), "tick\n");
    driver.wait(handle).await;
    assert_eq!(bench.log("web.stdout.0"), "tick\n".repeat(4));
    assert_eq!(bench.log("web.stderr.0"), "once\n");
}
