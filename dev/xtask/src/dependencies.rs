//! Licences, bans and sources of every dependency, by the rules of `deny.toml`. The file is in cargo-deny's format
//! and `cargo deny check licenses bans sources` reads it too; this check needs nothing installed.

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::run::{self, Outcome};

#[derive(Deserialize)]
struct Rules {
    licenses: Licenses,
    bans: Bans,
}

#[derive(Deserialize)]
struct Licenses {
    allow: Vec<String>,
}

#[derive(Deserialize)]
struct Bans {
    deny: Vec<Ban>,
}

#[derive(Deserialize)]
struct Ban {
    #[serde(rename = "crate")]
    name: String,
}

/// One line of `cargo tree`.
struct Package<'a> {
    label: &'a str,
    name: &'a str,
    license: &'a str,
}

pub fn check() -> Outcome {
    let rules = std::fs::read_to_string("deny.toml").map_err(|error| format!("deny.toml: {error}"))?;
    let rules: Rules = toml::from_str(&rules).map_err(|error| format!("deny.toml: {error}"))?;
    // What is really built: metadata alone would also list what optional features might bring.
    let arguments =
        ["tree", "--workspace", "--locked", "--edges", "all", "--prefix", "none", "--format", "{p}|{l}"];
    let tree = run::output("cargo", &arguments)?;
    let lines: BTreeSet<&str> = tree.lines().map(|line| line.trim_end_matches(" (*)")).collect();
    let packages: Vec<Package<'_>> = lines.iter().filter_map(|line| parse(line)).collect();
    let problems: Vec<String> = packages.iter().flat_map(|package| problems(package, &rules)).collect();
    if problems.is_empty() {
        println!("==> dependencies: {} packages keep the rules of deny.toml", packages.len());
        return Ok(());
    }
    Err(format!("dependencies break the rules of deny.toml:\n  {}", problems.join("\n  ")))
}

/// `name v1.2.3|MIT`; what comes from elsewhere than the registry shows its source in parentheses.
fn parse(line: &str) -> Option<Package<'_>> {
    let (label, license) = line.split_once('|')?;
    Some(Package { label, name: label.split(' ').next()?, license })
}

fn problems(package: &Package<'_>, rules: &Rules) -> Vec<String> {
    let mut found = Vec::new();
    if !allowed(package.license, &rules.licenses.allow) {
        found.push(format!("{}: licence `{}` is not allowed", package.label, package.license));
    }
    if rules.bans.deny.iter().any(|ban| ban.name == package.name) {
        found.push(format!("{}: banned", package.label));
    }
    let elsewhere = package.label.contains('(') && !package.label.contains("(proc-macro)");
    if elsewhere && !(package.name == "muster" || package.name.starts_with("muster-")) {
        found.push(format!("{}: source is neither the registry nor this workspace", package.label));
    }
    found
}

/// Evaluates an SPDX expression of `AND`, `OR`, `/` and parentheses against the allowed licences.
fn allowed(expression: &str, allow: &[String]) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let tokens: Vec<&str> = spaced.split_whitespace().collect();
    let mut parser = Parser { tokens: &tokens, position: 0, allow };
    let result = parser.any();
    result && parser.position == tokens.len()
}

struct Parser<'a> {
    tokens: &'a [&'a str],
    position: usize,
    allow: &'a [String],
}

impl Parser<'_> {
    fn any(&mut self) -> bool {
        let mut result = self.all();
        while self.take("OR") {
            result |= self.all();
        }
        result
    }

    fn all(&mut self) -> bool {
        let mut result = self.one();
        while self.take("AND") {
            result &= self.one();
        }
        result
    }

    fn one(&mut self) -> bool {
        if self.take("(") {
            let result = self.any();
            return self.take(")") && result;
        }
        let Some(name) = self.tokens.get(self.position) else { return false };
        self.position += 1;
        let mut id = (*name).to_owned();
        if self.take("WITH")
            && let Some(exception) = self.tokens.get(self.position)
        {
            id = format!("{id} WITH {exception}");
            self.position += 1;
        }
        self.allow.contains(&id)
    }

    fn take(&mut self, token: &str) -> bool {
        let found = self.tokens.get(self.position) == Some(&token);
        self.position += usize::from(found);
        found
    }
}

#[cfg(test)]
mod tests {
    use super::allowed;

    #[test]
    fn expressions() {
        let allow = ["MIT".to_owned(), "Apache-2.0".to_owned(), "Apache-2.0 WITH LLVM-exception".to_owned()];
        for (expression, expected) in [
            ("MIT", true),
            ("MIT/GPL-3.0", true),
            ("GPL-3.0 OR Apache-2.0", true),
            ("MIT AND GPL-3.0", false),
            ("(MIT OR GPL-3.0) AND Apache-2.0", true),
            ("Apache-2.0 WITH LLVM-exception", true),
            ("GPL-3.0", false),
            ("", false),
        ] {
            assert_eq!(allowed(expression, &allow), expected, "{expression}");
        }
    }
}
