//! `cargo xtask sim …`: the simulator, optimised. Its options are in `dev/sim/README.md`.

use crate::run::{self, Outcome};

const RUN: &[&str] = &["run", "--quiet", "--locked", "--profile", "sim", "--package", "muster-sim"];

/// What continuous integration runs: always the same seeds, and every planted bug has to be found.
const CI: [&[&str]; 5] = [
    &["--seeds", "0..200", "--steps", "100000"],
    &["--seeds", "0..80", "--steps", "50000", "--shape", "rough"],
    &["--seeds", "0..40", "--steps", "30000", "--shape", "quiet"],
    &["--seeds", "0..40", "--steps", "30000", "--shape", "single"],
    &["--planted"],
];

pub fn run(arguments: impl Iterator<Item = String>) -> Outcome {
    let arguments: Vec<String> = arguments.collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    simulate(&arguments, arguments.contains(&"--planted"))
}

/// With one build: a planted bug that is compiled in is not there until it is looked for.
pub fn ci() -> Outcome {
    CI.iter().try_for_each(|arguments| simulate(arguments, true))
}

fn simulate(arguments: &[&str], planted: bool) -> Outcome {
    let mut command = RUN.to_vec();
    if planted {
        command.extend(["--features", "planted"]);
    }
    command.push("--");
    command.extend(arguments);
    run::cargo("simulator", &command)
}
