//! Real Python clients, as their users install them: from PyPI, at the versions of `dev/python/requirements.txt`.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

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
        Self::named(repository, target_dir, "requirements")
    }

    /// The same with the packages of `dev/python/NAME.txt`, in an environment of their own.
    #[must_use]
    pub fn named(repository: &Path, target_dir: &Path, name: &str) -> Option<Self> {
        let requirements = repository.join(format!("dev/python/{name}.txt"));
        let wanted = fs::read_to_string(&requirements).unwrap();
        fs::create_dir_all(target_dir).unwrap();
        // Tests are processes of their own: the first installs, the others wait for it.
        let lock = File::create(target_dir.join(format!("python-{name}.lock"))).unwrap();
        lock.lock().unwrap();
        let venv = target_dir.join(format!("python-{name}"));
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

    /// Starts a script of `dev/python/checks` and waits until it prints its first line.
    #[must_use]
    pub fn serve(&self, script: &str, arguments: &[&str]) -> Serving {
        let mut child = Command::new(&self.interpreter)
            .arg(self.checks.join(script))
            .args(arguments)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(!line.is_empty(), "{script} ended without a word");
        Serving(child)
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

/// A script that serves something; ended when dropped.
#[derive(Debug)]
pub struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        let _ended = (self.0.kill(), self.0.wait());
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
