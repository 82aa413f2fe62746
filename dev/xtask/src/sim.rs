//! `cargo xtask sim …`: the simulator, optimised. Its options are in `dev/sim/README.md`.

use crate::run::{self, Outcome};

const RUN: &[&str] = &["run", "--quiet", "--locked", "--profile", "sim", "--package", "muster-sim"];

/// What continuous integration runs: seeds of the usual shape, of a rough one, and the planted bugs.
const CI: [&[&str]; 3] = [
    &["--seeds", "0..1000", "--steps", "100000", "--seconds", "60"],
    &["--seeds", "0..1000", "--steps", "50000", "--seconds", "30", "--shape", "rough"],
    &["--planted"],
];

pub fn run(arguments: impl Iterator<Item = String>) -> Outcome {
    let arguments: Vec<String> = arguments.collect();
    simulate(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
}

pub fn ci() -> Outcome {
    CI.iter().try_for_each(|arguments| simulate(arguments))
}

fn simulate(arguments: &[&str]) -> Outcome {
    let mut command = RUN.to_vec();
    if arguments.contains(&"--planted") {
        command.extend(["--features", "planted"]);
    }
    command.push("--");
    command.extend(arguments);
    run::cargo("simulator", &command)
}
