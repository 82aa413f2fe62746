//! The `muster` binary: supervisor, agent, or command line, decided in this order.

/// Prints a line. A reader that went away is no reason to stop an agent.
macro_rules! say {
    ($($text:tt)*) => {{
        use std::io::Write;
        let _closed = writeln!(std::io::stdout(), $($text)*);
    }};
}

mod agent;
mod demo;

use std::process::ExitCode;

use muster_cli::Invocation;

fn main() -> ExitCode {
    // A supervisor must stay small: nothing else may run before this.
    muster_sys::supervisor::run_if_supervisor();
    // One crypto provider for everything that speaks TLS; a second call finds it installed.
    let _installed = rustls::crypto::aws_lc_rs::default_provider().install_default();
    ExitCode::from(match muster_cli::parse(std::env::args_os().collect()) {
        Invocation::Done(code) => code,
        Invocation::Agent(flags) => agent::main(flags),
        Invocation::Demo(flags) => demo::main(&flags),
        Invocation::Command(command) => match runtime(1) {
            Ok(runtime) => runtime.block_on(muster_cli::execute(command)),
            Err(error) => fail(&format!("cannot start the runtime: {error}")),
        },
    })
}

/// A runtime with as many worker threads; one thread needs no pool.
fn runtime(threads: usize) -> std::io::Result<tokio::runtime::Runtime> {
    let mut builder = match threads {
        0 | 1 => tokio::runtime::Builder::new_current_thread(),
        _ => tokio::runtime::Builder::new_multi_thread(),
    };
    if threads > 1 {
        builder.worker_threads(threads);
    }
    builder.enable_all().build()
}

/// Prints an error the way every command does.
fn fail(message: &str) -> u8 {
    use std::io::Write;
    let _closed = writeln!(std::io::stderr(), "==> {message}");
    1
}
