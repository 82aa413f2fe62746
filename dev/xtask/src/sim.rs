//! `cargo xtask sim …`: the simulator, optimised. Its options are in `dev/sim/README.md`.

use crate::run::{self, Outcome};

const RUN: &[&str] = &["run", "--quiet", "--locked", "--profile", "sim", "--package", "muster-sim"];

/// What continuous integration runs: seeds of the usual shape, and of a rough one. The planted bugs are looked for by
/// hand, since finding the rarest takes minutes.
const CI: [&[&str]; 2] = [
    &["--seeds", "0..150", "--steps", "100000", "--seconds", "90"],
    &["--seeds", "0..80", "--steps", "50000", "--seconds", "60", "--shape", "rough"],
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
