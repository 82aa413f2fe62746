//! The project's own commands, run as `cargo xtask NAME`.
//!
//! * `test` installs or starts what the tests need, says what it skips and why, and runs them all.
//! * `lint` checks format, clippy, docs, licences, sources and the rules about `core/`.
//! * `ci` is both, and the simulator: what `.ci/run` calls.
//! * `hcl-oracle` compares the corpus of HCL files with what HashiCorp's parser says.
//! * `sim` runs the simulator in `dev/sim`.
//! * `fuzz TARGET SECONDS` runs one of the fuzz targets.

mod dependencies;
mod fuzz;
mod oracle;
mod purity;
mod run;
mod sim;
mod tests;

use std::process::ExitCode;

use run::Outcome;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next().unwrap_or_default();
    let outcome = match command.as_str() {
        "test" => tests::run(),
        "lint" => lint(),
        "ci" => {
            lint().and_then(|()| oracle::check_or_skip()).and_then(|()| tests::run()).and_then(|()| sim::ci())
        }
        "deps" => dependencies::check(),
        "purity" => purity::check(),
        "hcl-oracle" => oracle::run(arguments),
        "sim" => sim::run(arguments),
        "fuzz" => fuzz::run(arguments),
        other => Err(format!(
            "unknown command `{other}`; expected test, lint, ci, deps, purity, hcl-oracle, sim or fuzz"
        )),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("xtask: {reason}");
            ExitCode::FAILURE
        }
    }
}

/// Cheap checks first.
fn lint() -> Outcome {
    purity::check()?;
    dependencies::check()?;
    run::cargo("format", &["fmt", "--all", "--check"])?;
    run::cargo("clippy", &["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"])?;
    run::cargo_with(
        "docs",
        &["doc", "--workspace", "--no-deps", "--locked"],
        &[("RUSTDOCFLAGS", "-D warnings")],
    )
}
