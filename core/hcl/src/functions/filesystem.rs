//! Files and paths. The files are the caller's [`crate::Files`]; paths are taken apart as on a Unix machine.

mod glob;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::call::{Call, Function, Out, Refusal};
use crate::eval::Val;
use crate::files::Files;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("abspath", "abspath(path)", 1, 1, abspath).reading_files(),
    Function::new("basename", "basename(path)", 1, 1, basename).reading_files(),
    Function::new("dirname", "dirname(path)", 1, 1, dirname).reading_files(),
    Function::new("file", "file(path)", 1, 1, file).reading_files(),
    Function::new("filebase64", "filebase64(path)", 1, 1, filebase64).reading_files(),
    Function::new("fileexists", "fileexists(path)", 1, 1, fileexists).reading_files(),
    Function::new("fileset", "fileset(directory, pattern)", 2, 2, fileset).reading_files(),
    Function::new("pathexpand", "pathexpand(path)", 1, 1, pathexpand).reading_files(),
];

fn files<'a>(call: &Call<'a>) -> Result<&'a dyn Files, Refusal> {
    call.files.ok_or_else(|| Refusal::new("filesystem functions disabled"))
}

fn at_first(why: String) -> Refusal {
    Refusal::of(0, why)
}

fn abspath(call: &Call<'_>) -> Out {
    let path = files(call)?.absolute(&call.text(0)?).map_err(at_first)?;
    call.say(path)
}

/// The last name of a path; `.` for an empty one.
fn basename(call: &Call<'_>) -> Out {
    let path = call.text(0)?;
    let trimmed = path.trim_end_matches('/');
    let name = match (path.is_empty(), trimmed.is_empty()) {
        (true, _) => ".",
        (_, true) => "/",
        _ => trimmed.rsplit('/').next().unwrap_or(trimmed),
    };
    call.say(name.to_owned())
}

fn dirname(call: &Call<'_>) -> Out {
    let path = call.text(0)?;
    let parent = path.rfind('/').map_or("", |at| path.get(..=at).unwrap_or(""));
    call.say(clean(parent))
}

/// Resolves `.`, `..` and repeated slashes without looking at any file.
fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut names: Vec<&str> = Vec::new();
    for name in path.split('/').filter(|name| !name.is_empty() && *name != ".") {
        match (name, names.last()) {
            ("..", Some(last)) if *last != ".." => {
                names.pop();
            }
            ("..", None) if rooted => {}
            _ => names.push(name),
        }
    }
    let joined = names.join("/");
    match (rooted, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}

fn pathexpand(call: &Call<'_>) -> Out {
    let path = expanded(call, 0)?;
    call.say(path)
}

/// The path with a `~` at its start replaced by the home directory.
fn expanded(call: &Call<'_>, at: usize) -> Result<String, Refusal> {
    let path = call.text(at)?;
    match path.strip_prefix('~') {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => {
            let home =
                files(call)?.home().ok_or_else(|| Refusal::of(at, "there is no home directory for `~`"))?;
            Ok(format!("{}{rest}", home.trim_end_matches('/')))
        }
        Some(_) => {
            Err(Refusal::of(at, format!("`{path}` names the home of another user: write the path in full")))
        }
        None => Ok(path),
    }
}

fn read(call: &Call<'_>) -> Result<Vec<u8>, Refusal> {
    let bytes = files(call)?.read(&expanded(call, 0)?).map_err(at_first)?;
    call.spend_bytes(bytes.len())?;
    Ok(bytes)
}

fn file(call: &Call<'_>) -> Out {
    let text = String::from_utf8(read(call)?);
    call.say(text.map_err(|_| Refusal::of(0, "the file is not text in UTF-8; use `filebase64`"))?)
}

fn filebase64(call: &Call<'_>) -> Out {
    call.say(STANDARD.encode(read(call)?))
}

fn fileexists(call: &Call<'_>) -> Out {
    files(call)?.exists(&expanded(call, 0)?).map(Val::Bool).map_err(at_first)
}

/// The files below a directory whose relative paths match a pattern of `*`, `**`, `?`, `[…]` and `{a,b}`.
fn fileset(call: &Call<'_>) -> Out {
    let pattern = call.text(1)?;
    let pattern = glob::Pattern::parse(&pattern).map_err(|why| Refusal::of(1, why))?;
    let mut found = Vec::new();
    for path in files(call)?.list(&expanded(call, 0)?).map_err(at_first)? {
        call.spend_bytes(path.len().saturating_mul(pattern.cost()))?;
        if pattern.matches(&path) {
            found.push(Val::Str(path));
        }
    }
    Ok(Val::set(found))
}
