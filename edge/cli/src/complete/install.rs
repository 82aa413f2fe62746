//! `-autocomplete-install` and `-autocomplete-uninstall`: lines in the start-up files of the user's shells.

use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use crate::failure::{Failure, OK, Outcome};
use crate::shell::Shell;

/// The largest start-up file that is changed.
const MAX_FILE: u64 = 4 << 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Install {
    Add,
    Remove,
}

impl Install {
    pub(crate) fn of_flag(flag: &str) -> Option<Self> {
        match flag.trim_start_matches('-') {
            "autocomplete-install" => Some(Self::Add),
            "autocomplete-uninstall" => Some(Self::Remove),
            _ => None,
        }
    }

    pub(crate) fn run(self, shell: &mut Shell) -> Outcome {
        let no_home = || Failure::new("the directory of your shell's files is not known: set HOME");
        let home = PathBuf::from(shell.env.home().ok_or_else(no_home)?);
        let binary = std::env::current_exe();
        let binary = binary.map_err(|error| Failure::new(format!("cannot find this program: {error}")))?;
        self.run_in(shell, &home, &binary)
    }

    fn run_in(self, shell: &mut Shell, home: &Path, binary: &Path) -> Outcome {
        let program = shell.program.clone();
        let files = startup_files(home, shell.env.shell("SHELL"), &quoted(binary)?, &program);
        if files.is_empty() {
            return Err(Failure::new(
                "no bash, zsh or fish of yours was found: their start-up files are missing",
            ));
        }
        for file in files {
            let name = file.path.display().to_string();
            let failed = |error: std::io::Error| Failure::new(format!("cannot change `{name}`: {error}"));
            let done = match self {
                Self::Add => file.add().map_err(failed)?,
                Self::Remove => file.remove().map_err(failed)?,
            };
            let text = match (self, done) {
                (Self::Add, true) => {
                    format!("Completion of {program} is in {name}; start a new shell to use it.")
                }
                (Self::Add, false) => format!("Completion of {program} is in {name} already."),
                (Self::Remove, true) => format!("Completion of {program} is no longer in {name}."),
                (Self::Remove, false) => format!("Completion of {program} is not in {name}."),
            };
            shell.line(&text)?;
        }
        Ok(OK)
    }
}

/// A file and the lines that belong in it.
#[derive(Debug)]
struct Startup {
    path: PathBuf,
    lines: Vec<String>,
    /// Whether it is ours alone, and goes when it is not needed.
    whole: bool,
}

/// Of shells that the user has, by their files, or uses.
fn startup_files(home: &Path, used: Option<&str>, binary: &str, program: &str) -> Vec<Startup> {
    let uses = |name: &str| used.is_some_and(|path| path.rsplit('/').next() == Some(name));
    let mut files = Vec::new();
    let bash = home.join(".bashrc");
    if bash.exists() || uses("bash") {
        let lines = vec![format!("complete -C {binary} {program}")];
        files.push(Startup { path: bash, lines, whole: false });
    }
    let zsh = home.join(".zshrc");
    if zsh.exists() || uses("zsh") {
        let lines = vec![
            "autoload -U +X bashcompinit && bashcompinit".to_owned(),
            format!("complete -o nospace -C {binary} {program}"),
        ];
        files.push(Startup { path: zsh, lines, whole: false });
    }
    let fish = home.join(".config/fish");
    if fish.is_dir() || uses("fish") {
        let lines = vec![
            format!("function __complete_{program}"),
            "    set -lx COMP_LINE (commandline -cp)".to_owned(),
            "    test -z (commandline -ct); and set COMP_LINE \"$COMP_LINE \"".to_owned(),
            format!("    {binary}"),
            "end".to_owned(),
            format!("complete -f -c {program} -a \"(__complete_{program})\""),
        ];
        let path = fish.join("completions").join(format!("{program}.fish"));
        files.push(Startup { path, lines, whole: true });
    }
    files
}

impl Startup {
    fn text(&self) -> std::io::Result<String> {
        match fs::metadata(&self.path) {
            Ok(meta) if meta.len() > MAX_FILE => Err(std::io::Error::other("it is too large")),
            Ok(_) => fs::read_to_string(&self.path),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(String::new()),
            Err(error) => Err(error),
        }
    }

    /// Whether anything was missing.
    fn add(&self) -> std::io::Result<bool> {
        let text = self.text()?;
        let missing: Vec<&String> = self
            .lines
            .iter()
            .filter(|line| self.whole || !text.lines().any(|other| other == **line))
            .collect();
        if missing.is_empty() || (self.whole && !text.is_empty()) {
            return Ok(false);
        }
        if let Some(directory) = self.path.parent() {
            fs::create_dir_all(directory)?;
        }
        let mut file = File::options().append(true).create(true).open(&self.path)?;
        let joint = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        let lines: String = missing.iter().map(|line| format!("{line}\n")).collect();
        file.write_all(format!("{joint}{lines}").as_bytes())?;
        Ok(true)
    }

    /// Whether anything was there. What zsh needs for any completion stays: others may rely on it.
    fn remove(&self) -> std::io::Result<bool> {
        let text = self.text()?;
        if self.whole {
            return if text.is_empty() { Ok(false) } else { fs::remove_file(&self.path).map(|()| true) };
        }
        let ours = |line: &str| line.starts_with("complete ") && self.lines.iter().any(|own| own == line);
        if !text.lines().any(ours) {
            return Ok(false);
        }
        let rest: String =
            text.split_inclusive('\n').filter(|line| !ours(line.trim_end_matches('\n'))).collect();
        // Through another file: whatever goes wrong, the shell's own lines stay.
        let path = fs::canonicalize(&self.path)?;
        let mut beside = path.clone().into_os_string();
        beside.push(".muster-new");
        fs::write(&beside, rest)?;
        fs::set_permissions(&beside, fs::metadata(&path)?.permissions())?;
        fs::rename(&beside, &path).map(|()| true)
    }
}

/// The program's path as every one of these shells takes it for one word.
fn quoted(path: &Path) -> Result<String, Failure> {
    let text =
        path.to_str().filter(|text| !text.chars().any(|c| c.is_whitespace() || "'\"\\$`;&|<>()".contains(c)));
    text.map(str::to_owned).ok_or_else(|| {
        Failure::new(format!("`{}` has characters that shells understand otherwise: move it", path.display()))
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::testing::shell;

    #[test]
    fn lines_come_once_and_go_again() {
        let home = tempfile::tempdir().unwrap();
        let read = |name: &str| fs::read_to_string(home.path().join(name)).unwrap();
        fs::write(home.path().join(".bashrc"), "alias a=b").unwrap();
        fs::write(home.path().join(".zshrc"), "").unwrap();
        fs::create_dir_all(home.path().join(".config/fish")).unwrap();
        let run = |install: Install| {
            let (mut sh, captured) = shell();
            sh.program = "nomad".to_owned();
            install.run_in(&mut sh, home.path(), Path::new("/opt/bin/nomad")).unwrap();
            captured.out()
        };
        assert_eq!(run(Install::Add).matches("start a new shell").count(), 3);
        assert_eq!(run(Install::Add).matches("already").count(), 3);
        assert_eq!(read(".bashrc"), "alias a=b\ncomplete -C /opt/bin/nomad nomad\n");
        assert!(read(".zshrc").ends_with("bashcompinit\ncomplete -o nospace -C /opt/bin/nomad nomad\n"));
        assert!(read(".config/fish/completions/nomad.fish").contains("\n    /opt/bin/nomad\nend\n"));
        assert_eq!(run(Install::Remove).matches("no longer").count(), 3);
        assert_eq!(run(Install::Remove).matches("is not in").count(), 3);
        assert_eq!(read(".bashrc"), "alias a=b\n");
        assert!(!home.path().join(".config/fish/completions/nomad.fish").exists());
    }

    #[test]
    fn without_a_shell_nothing_is_made() {
        let home = tempfile::tempdir().unwrap();
        let (mut sh, _) = shell();
        assert!(Install::Add.run_in(&mut sh, home.path(), Path::new("/x")).is_err());
        assert!(Install::Add.run_in(&mut sh, home.path(), Path::new("/a b")).is_err());
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
        sh.env.set("SHELL", "/usr/bin/zsh");
        Install::Add.run_in(&mut sh, home.path(), Path::new("/x")).unwrap();
        assert!(home.path().join(".zshrc").exists());
    }
}
