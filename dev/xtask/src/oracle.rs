//! `cargo xtask hcl-oracle`: asks HashiCorp's own parser, which npm brings, about the corpus of HCL files, and compares
//! its verdicts with those that are committed; `cargo xtask hcl-oracle write` commits to what it says.

use std::fs;
use std::path::Path;

use crate::fuzz::target_directory;
use crate::run::{self, Outcome};

const CORPUS: &str = "core/hcl/tests/corpus";
const SCRIPT: &str = "dev/xtask/oracle/oracle.mjs";
const PACKAGE: &str = "dev/xtask/oracle/package.json";

/// Compares; where npm cannot install the parser, says so and goes on.
pub fn check_or_skip() -> Outcome {
    match ask() {
        Ok(verdicts) => compare(&verdicts),
        Err(reason) => {
            println!("SKIPPED: comparing the HCL corpus with HashiCorp's parser: {reason}");
            println!(
                "         (the committed verdicts in {CORPUS}/golden.json are compared by the tests anyway)"
            );
            Ok(())
        }
    }
}

pub fn run(mut arguments: impl Iterator<Item = String>) -> Outcome {
    let verdicts = ask()?;
    match arguments.next().as_deref() {
        None => compare(&verdicts),
        Some("write") => {
            fs::write(golden(), verdicts).map_err(|error| format!("{}: {error}", golden()))?;
            println!("==> {} written: look at the difference before you commit it", golden());
            Ok(())
        }
        Some(other) => Err(format!("unknown argument `{other}`; expected nothing, or write")),
    }
}

fn golden() -> String {
    format!("{CORPUS}/golden.json")
}

fn compare(verdicts: &str) -> Outcome {
    let committed = fs::read_to_string(golden()).map_err(|error| format!("{}: {error}", golden()))?;
    if committed != verdicts {
        return Err(format!(
            "{} is not what HashiCorp's parser says now: run `cargo xtask hcl-oracle write` and look at the difference",
            golden()
        ));
    }
    println!("==> hcl-oracle: HashiCorp's parser says what {} says", golden());
    Ok(())
}

/// Installs the parser where it is not yet, and gives its verdicts.
fn ask() -> Result<String, String> {
    let directory = target_directory().join("hcl-oracle");
    let failed = |error: std::io::Error| format!("{}: {error}", directory.display());
    fs::create_dir_all(&directory).map_err(failed)?;
    fs::copy(PACKAGE, directory.join("package.json")).map_err(failed)?;
    let here = std::env::current_dir().map_err(failed)?;
    let place = directory.to_str().ok_or("the target directory is not text in UTF-8")?;
    if !directory.join("node_modules/@cdktf/hcl2json").exists() {
        let install = ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", place];
        run::program("npm install", "npm", &install, &[])?;
    }
    let absolute = |path: &str| here.join(path).to_string_lossy().into_owned();
    let out = here.join(&directory).join("verdicts.json");
    let arguments = [absolute(SCRIPT), absolute(CORPUS), out.to_string_lossy().into_owned()];
    let status = std::process::Command::new("node").args(&arguments).current_dir(&directory).status();
    let status = status.map_err(|error| format!("cannot run `node`: {error}"))?;
    if !status.success() {
        return Err(format!("the parser could not be asked ({status})"));
    }
    fs::read_to_string(Path::new(&out)).map_err(|error| format!("{}: {error}", out.display()))
}
