//! All tests, and what they need from the machine.

use crate::run::{self, Outcome};

/// A program that some tests call, and the Debian package that brings it.
struct Need {
    program: &'static str,
    version_flag: &'static str,
    package: &'static str,
    used_for: &'static str,
}

const NEEDS: &[Need] = &[
    Need {
        program: "openssl",
        version_flag: "version",
        package: "openssl",
        used_for: "certificates made elsewhere",
    },
    Need {
        program: "curl",
        version_flag: "--version",
        package: "curl",
        used_for: "the HTTP API as users call it",
    },
];

pub fn run() -> Outcome {
    let skipped: Vec<&Need> = NEEDS.iter().filter(|need| !provide(need)).collect();
    let result = run_tests();
    for need in &skipped {
        println!(
            "SKIPPED: tests that need `{}` ({}): it is not installed and `apt-get install {}` failed",
            need.program, need.used_for, need.package
        );
    }
    result
}

fn run_tests() -> Outcome {
    if run::exists("cargo-nextest", "--version") {
        run::cargo("tests", &["nextest", "run", "--workspace", "--locked", "--no-fail-fast"])?;
    } else {
        println!("cargo-nextest is not installed; using cargo's own test runner");
        run::cargo(
            "tests",
            &["test", "--workspace", "--locked", "--lib", "--bins", "--tests", "--no-fail-fast"],
        )?;
    }
    run::cargo("doc tests", &["test", "--workspace", "--locked", "--doc", "--quiet"])
}

/// Installs what is missing where that is possible.
fn provide(need: &Need) -> bool {
    if run::exists(need.program, need.version_flag) {
        return true;
    }
    println!("`{}` is missing; installing the Debian package `{}`", need.program, need.package);
    let quiet = [("DEBIAN_FRONTEND", "noninteractive")];
    let install = || {
        run::program("apt-get update", "apt-get", &["update", "-qq"], &quiet)?;
        run::program("apt-get install", "apt-get", &["install", "-y", "-qq", need.package], &quiet)
    };
    install().is_ok() && run::exists(need.program, need.version_flag)
}
