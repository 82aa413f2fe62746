//! `core/` does no I/O and reads neither clock nor randomness: what it may not name is checked word by word, because
//! the compiler cannot.

use std::fs;
use std::path::{Path, PathBuf};

use crate::run::Outcome;

/// Words that have no place in `core/` outside tests and examples.
const FORBIDDEN: &[&str] = &[
    "std::fs",
    "TcpStream",
    "TcpListener",
    "UdpSocket",
    "ToSocketAddrs",
    "std::process",
    "std::thread",
    "std::env",
    "SystemTime",
    "Instant::now",
    "tokio",
    "new_v4",
    " rand::",
    "println!",
    "eprintln!",
    "RandomState",
    "unsafe ",
];

/// Edge crates no core crate may depend on.
const EDGE: &[&str] =
    &["api", "rpc", "consensus", "sys", "driver", "server", "client", "config", "sdk", "cli"];

pub fn check() -> Outcome {
    let mut problems = Vec::new();
    for file in files(Path::new("core"))? {
        let text = fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        match file.file_name().and_then(|name| name.to_str()) {
            Some("Cargo.toml") => problems.extend(edge_dependencies(&file, &text)),
            _ => problems.extend(forbidden_words(&file, &text)),
        }
    }
    if problems.is_empty() {
        println!("==> purity: core/ names nothing of the outside world");
        return Ok(());
    }
    Err(format!("core/ must stay pure:\n  {}", problems.join("\n  ")))
}

fn files(root: &Path) -> Result<Vec<PathBuf>, String> {
    let mut found = Vec::new();
    let mut pending = vec![root.to_owned()];
    while let Some(directory) = pending.pop() {
        let entries =
            fs::read_dir(&directory).map_err(|error| format!("{}: {error}", directory.display()))?;
        for path in entries.flatten().map(|entry| entry.path()) {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if path.is_dir() && !matches!(name, "tests" | "examples" | "benches") {
                pending.push(path);
            } else if name == "Cargo.toml" || (name.ends_with(".rs") && !is_test_file(name)) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

fn is_test_file(name: &str) -> bool {
    name == "tests.rs" || name.ends_with("_tests.rs")
}

fn forbidden_words(file: &Path, text: &str) -> Vec<String> {
    // Test modules close a file here; what follows their marker may touch the world.
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    code.lines()
        .enumerate()
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
        .flat_map(|(number, line)| {
            FORBIDDEN
                .iter()
                .filter(move |word| line.contains(**word))
                .map(move |word| format!("{}:{}: names `{}`", file.display(), number + 1, word.trim()))
        })
        .collect()
}

fn edge_dependencies(file: &Path, text: &str) -> Vec<String> {
    EDGE.iter()
        .filter(|edge| {
            text.lines().any(|line| {
                line.strip_prefix(&format!("muster-{edge}")).is_some_and(|r| r.starts_with(['.', ' ', '=']))
            })
        })
        .map(|edge| format!("{}: depends on edge crate muster-{edge}", file.display()))
        .collect()
}
