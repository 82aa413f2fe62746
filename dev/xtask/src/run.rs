//! Runs programs, with a heading and the time each took.

use std::process::Command;
use std::time::Instant;

pub type Outcome = Result<(), String>;

pub fn cargo(title: &str, arguments: &[&str]) -> Outcome {
    cargo_with(title, arguments, &[])
}

pub fn cargo_with(title: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Outcome {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    program(title, &cargo, arguments, environment)
}

pub fn program(title: &str, program: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Outcome {
    println!("==> {title}: {} {}", program.rsplit('/').next().unwrap_or(program), arguments.join(" "));
    let started = Instant::now();
    let status = Command::new(program)
        .args(arguments)
        .envs(environment.iter().copied())
        .status()
        .map_err(|error| format!("{title}: cannot run `{program}`: {error}"))?;
    println!("    {title} took {:.1} s", started.elapsed().as_secs_f64());
    if status.success() { Ok(()) } else { Err(format!("{title} failed ({status})")) }
}

/// Whether a program answers to `--version`.
pub fn exists(program: &str, version_flag: &str) -> bool {
    Command::new(program).arg(version_flag).output().is_ok_and(|output| output.status.success())
}

/// The program's standard output as text.
pub fn output(program: &str, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .map_err(|error| format!("cannot run `{program}`: {error}"))?;
    if !output.status.success() {
        return Err(format!(
            "`{program} {}` failed: {}",
            arguments.join(" "),
            String::from_utf8_lossy(&output.stderr)
        ));
    }
    String::from_utf8(output.stdout).map_err(|error| format!("`{program}` printed no text: {error}"))
}
