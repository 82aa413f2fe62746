//! Real Python clients, as their users install them: from PyPI, at the versions of `dev/python/requirements.txt`.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::skipped;

/// A virtual environment with the clients.
#[derive(Debug, Clone)]
pub struct Python {
    interpreter: PathBuf,
    checks: PathBuf,
}

impl Python {
    /// Made once per version of the requirements, below `target_dir`; `repository` is the root of the checkout. `None`,
    /// loudly, when Python or PyPI cannot be had.
    #[must_use]
    pub fn new(repository: &Path, target_dir: &Path) -> Option<Self> {
        let requirements = repository.join("dev/python/requirements.txt");
        let wanted = fs::read_to_string(&requirements).unwrap();
        fs::create_dir_all(target_dir).unwrap();
        // Tests are processes of their own: the first installs, the others wait for it.
        let lock = File::create(target_dir.join("python.lock")).unwrap();
        lock.lock().unwrap();
        let venv = target_dir.join("python");
        let (interpreter, installed) = (venv.join("bin/python"), venv.join("installed.txt"));
        if fs::read_to_string(&installed).ok().as_ref() != Some(&wanted) {
            let _absent = fs::remove_dir_all(&venv);
            let pip = || {
                Command::new(&interpreter)
                    .args(["-m", "pip", "install", "--quiet", "-r"])
                    .arg(&requirements)
                    .output()
            };
            for made in [Command::new("python3").args(["-m", "venv"]).arg(&venv).output(), pip()] {
                if let Err(reason) = succeeded(made) {
                    skipped("python clients", &reason);
                    return None;
                }
            }
            fs::write(&installed, wanted).unwrap();
        }
        Some(Self { interpreter, checks: repository.join("dev/python/checks") })
    }

    /// Runs a script of `dev/python/checks`, which must succeed.
    pub fn check(&self, script: &str, arguments: &[&str]) {
        let output = Command::new(&self.interpreter)
            .arg(self.checks.join(script))
            .args(arguments)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env_remove("NOMAD_ADDR")
            .env_remove("NOMAD_TOKEN")
            .output();
        succeeded(output).unwrap_or_else(|reason| panic!("{script}: {reason}"));
    }
}

fn succeeded(output: std::io::Result<Output>) -> Result<(), String> {
    let output = output.map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    Err(format!("{}\n{}\n{}", output.status, text(&output.stdout), text(&output.stderr)))
}
