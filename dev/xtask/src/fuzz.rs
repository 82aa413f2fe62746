//! `cargo xtask fuzz TARGET SECONDS`: one of the targets in `fuzz/`, with coverage to guide it.
//!
//! The compiler's own coverage pass is on stable, too, so that nothing needs to be installed. What was found new is
//! kept below the target directory; what broke is printed and kept beside it.

use std::path::{Path, PathBuf};

use crate::run::{self, Outcome};

/// What makes libFuzzer see where a run went and what it compared.
const COVERAGE: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1 --cfg fuzzing";

/// A target and the directories its first inputs lie in.
const TARGETS: &[(&str, &[&str])] = &[
    ("hcl", &["core/hcl/tests/corpus", "examples", "tests/fixtures", "tests/job_files"]),
    ("json_job", &["fuzz/seeds/json_job"]),
    ("agent_config", &["fuzz/seeds/agent_config"]),
    ("acl_policy", &["fuzz/seeds/acl_policy"]),
    ("filter", &["fuzz/seeds/filter"]),
    ("archive", &["fuzz/seeds/archive"]),
];

pub fn run(mut arguments: impl Iterator<Item = String>) -> Outcome {
    let names: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
    let usage =
        format!("usage: cargo xtask fuzz TARGET SECONDS, where TARGET is one of {}", names.join(", "));
    let target = arguments.next().and_then(|wanted| TARGETS.iter().find(|(name, _)| *name == wanted));
    let seconds = arguments.next().and_then(|text| text.parse::<u32>().ok());
    let (Some((name, seeds)), Some(seconds)) = (target, seconds) else { return Err(usage) };

    let triple = host()?;
    let directory = target_directory().join("fuzz");
    let flags = [("RUSTFLAGS", COVERAGE), ("CARGO_TARGET_DIR", text(&directory)?)];
    let mut build =
        vec!["build", "--release", "--manifest-path", "fuzz/Cargo.toml", "--bin", name, "--target", &triple];
    if *name == "archive" {
        build.extend(["--features", "archive"]);
    }
    run::cargo_with("build", &build, &flags)?;

    let (found, broken) = (directory.join("corpus").join(name), directory.join("broken"));
    for needed in [&found, &broken] {
        std::fs::create_dir_all(needed).map_err(|error| format!("{}: {error}", needed.display()))?;
    }
    let binary = directory.join(&triple).join("release").join(name);
    let total = format!("-max_total_time={seconds}");
    let prefix = format!("-artifact_prefix={}/{name}-", broken.display());
    let mut arguments = vec![total.as_str(), &prefix, "-timeout=20", "-rss_limit_mb=2048", "-max_len=32768"];
    arguments.extend(["-dict=fuzz/words.dict", "-print_final_stats=1", text(&found)?]);
    arguments.extend(seeds.iter());
    run::program(&format!("fuzz {name} for {seconds} s"), text(&binary)?, &arguments, &[])
}

fn host() -> Result<String, String> {
    let version = run::output("rustc", &["-vV"])?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| "rustc does not say what it builds for".to_owned())
}

/// Where builds go; relative to the root of the workspace, which is where xtask runs.
pub fn target_directory() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from)
}

fn text(path: &Path) -> Result<&str, String> {
    path.to_str().ok_or_else(|| format!("{} is not text in UTF-8", path.display()))
}
