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
        program: "git",
        version_flag: "--version",
        package: "git",
        used_for: "artifacts from repositories",
    },
    Need {
        program: "sshd",
        version_flag: "-V",
        package: "openssh-server",
        used_for: "artifacts from repositories over ssh",
    },
    Need {
        program: "curl",
        version_flag: "--version",
        package: "curl",
        used_for: "the HTTP API as users call it",
    },
    Need {
        program: "python3",
        version_flag: "--version",
        package: "python3-venv",
        used_for: "python-nomad and other clients of others",
    },
];

pub fn run() -> Outcome {
    let skipped: Vec<&Need> = NEEDS.iter().filter(|need| !provide(need)).collect();
    let log = std::env::temp_dir().join(format!("muster-skipped-{}", std::process::id()));
    let result = run_tests(&log.to_string_lossy());
    // Absent when no test had to skip anything.
    print!("{}", std::fs::read_to_string(&log).unwrap_or_default());
    let _absent = std::fs::remove_file(&log);
    for need in &skipped {
        println!(
            "SKIPPED: tests that need `{}` ({}): it is not installed and `apt-get install {}` failed",
            need.program, need.used_for, need.package
        );
    }
    result
}

fn run_tests(skipped: &str) -> Outcome {
    let environment = [("MUSTER_SKIPPED", skipped)];
    if run::exists("cargo-nextest", "--version") {
        run::cargo_with(
            "tests",
            &["nextest", "run", "--workspace", "--locked", "--no-fail-fast"],
            &environment,
        )?;
    } else {
        println!("cargo-nextest is not installed; using cargo's own test runner");
        run::cargo_with(
            "tests",
            &["test", "--workspace", "--locked", "--lib", "--bins", "--tests", "--no-fail-fast"],
            &environment,
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
