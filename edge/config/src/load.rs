//! Files and directories of configuration to one input.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use muster_hcl::Source;

use crate::agent::{AgentConfigInput, ReadWarnings};
use crate::parse::parse;

#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("the configuration `{}` cannot be read: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("the configuration `{}` is not text in UTF-8", path.display())]
    NotText { path: PathBuf },
    /// One line per finding, each with file, line and column.
    #[error("{}", .0.join("\n"))]
    Invalid(Vec<String>),
}

/// Reads what each `-config` names, in order, and lays the later over the earlier. A file may have any name; of a
/// directory only its own `.hcl` and `.json` files count, by name, without those that editors leave behind.
///
/// # Errors
/// What cannot be read, or everything that is wrong in all files together.
pub fn load(paths: &[PathBuf]) -> Result<AgentConfigInput, ConfigError> {
    let mut merged = AgentConfigInput::default();
    let mut invalid = Vec::new();
    for path in paths {
        let files = files(path)?;
        if files.is_empty() {
            merged = merged.merge(warning(format!(
                "`{}` holds no .hcl or .json file, so it configures nothing",
                path.display()
            )));
        }
        for file in files {
            let source = read(&file)?;
            match parse(&source) {
                Ok(input) => merged = merged.merge(input),
                Err(faults) => invalid.extend(faults.iter().map(|fault| fault.render(&source))),
            }
        }
    }
    if invalid.is_empty() { Ok(merged) } else { Err(ConfigError::Invalid(invalid)) }
}

fn warning(text: String) -> AgentConfigInput {
    AgentConfigInput { warnings: Some(ReadWarnings(vec![text])), ..AgentConfigInput::default() }
}

fn read(path: &Path) -> Result<Source, ConfigError> {
    let bytes = fs::read(path).map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
    let text = String::from_utf8(bytes).map_err(|_| ConfigError::NotText { path: path.to_owned() })?;
    Ok(Source::new(path.display().to_string(), text))
}

/// The file itself, or the files of a directory.
fn files(path: &Path) -> Result<Vec<PathBuf>, ConfigError> {
    let refused = |source| ConfigError::Read { path: path.to_owned(), source };
    if !fs::metadata(path).map_err(refused)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(path).map_err(refused)? {
        let file = entry.map_err(refused)?.path();
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if is_configuration(&name) && !file.is_dir() {
            files.push(file);
        }
    }
    files.sort();
    Ok(files)
}

fn is_configuration(name: &str) -> bool {
    let temporary =
        name.ends_with('~') || name.starts_with(".#") || (name.starts_with('#') && name.ends_with('#'));
    (name.ends_with(".hcl") || name.ends_with(".json")) && !temporary
}
