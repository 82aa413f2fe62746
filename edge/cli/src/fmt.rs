//! `fmt`: job files and other HCL in their canonical form.

mod files;

use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::ArgAction;
use muster_hcl::Source;

use crate::argv::go_bool;
use crate::failure::{Failure, OK, Outcome};
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct Fmt {
    /// Files and directories; - for standard input; the working directory by default
    #[arg(value_name = "path", num_args = 0..)]
    paths: Vec<PathBuf>,
    /// Write nothing; exit with 1 if a file is not in its canonical form
    #[arg(long)]
    check: bool,
    /// Print the names of the files that change
    #[arg(long, action = ArgAction::Set, num_args = 0..=1, require_equals = true, default_missing_value = "true",
          default_value = "true", value_parser = go_bool)]
    list: bool,
    /// Write the files; otherwise print what would be written
    #[arg(long, action = ArgAction::Set, num_args = 0..=1, require_equals = true, default_missing_value = "true",
          default_value = "true", value_parser = go_bool)]
    write: bool,
    /// Enter the directories within directories
    #[arg(long)]
    recursive: bool,
}

impl Verb for Fmt {
    async fn run(self, shell: &mut Shell) -> Outcome {
        if self.paths.iter().any(|path| path == Path::new("-")) {
            if self.paths.len() > 1 {
                return Err(Failure::new("standard input `-` cannot be mixed with other paths"));
            }
            return self.standard_input(shell);
        }
        let here = [PathBuf::from(".")];
        let paths = if self.paths.is_empty() { here.as_slice() } else { self.paths.as_slice() };
        let (files, mut errors) = files::find(paths, self.recursive);
        let mut changed = false;
        for file in files {
            match self.file(&file, shell) {
                Ok(change) => changed |= change,
                Err(failure @ Failure::Write(_)) => return Err(failure),
                Err(failure) => errors.push(failure.to_string()),
            }
        }
        if !errors.is_empty() {
            return Err(Failure::new(errors.join("\n")));
        }
        Ok(self.code(changed))
    }
}

impl Fmt {
    fn code(&self, changed: bool) -> u8 {
        if self.check && changed { 1 } else { OK }
    }

    /// Formats one file; tells whether it changes.
    fn file(&self, path: &Path, shell: &mut Shell) -> Result<bool, Failure> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failure::new(format!("cannot read `{name}`: {error}")))?;
        let source = Source::new(name, text);
        let formatted = formatted(&source)?;
        let changed = formatted != source.text;
        if changed && self.list {
            shell.line(&source.name)?;
        }
        if changed && self.write && !self.check {
            files::replace(path, &formatted)
                .map_err(|error| Failure::new(format!("cannot write `{}`: {error}", source.name)))?;
        }
        if !self.write && !self.check {
            write!(shell.out, "{formatted}")?;
        }
        Ok(changed)
    }

    fn standard_input(&self, shell: &mut Shell) -> Outcome {
        let mut text = String::new();
        let read = shell.input.read_to_string(&mut text);
        read.map_err(|error| Failure::new(format!("cannot read standard input: {error}")))?;
        let source = Source::new("<stdin>", text);
        let formatted = formatted(&source)?;
        if !self.check {
            write!(shell.out, "{formatted}")?;
        }
        Ok(self.code(formatted != source.text))
    }
}

fn formatted(source: &Source) -> Result<String, Failure> {
    muster_hcl::format(source).map_err(|found| {
        let lines: Vec<String> = found.iter().map(|one| one.explain(source)).collect();
        Failure::new(lines.join("\n"))
    })
}

#[cfg(test)]
mod tests;
