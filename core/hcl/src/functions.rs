//! The functions a job file may call: one table, one file per family.
//!
//! All are pure: files come from [`crate::Files`], chance from the caller's seed. What would read the clock or the
//! machine is listed in [`unavailable`] with the reason, so that the message says more than "unknown".

mod call;
mod collections;
mod digest;
mod encoding;
mod filesystem;
mod format;
mod lists;
mod maps;
mod network;
mod numeric;
mod regular;
mod secrets;
mod sets;
mod strings;
mod time;
mod uuid;
mod yaml;

pub(crate) use call::{Call, Function};
pub(crate) use encoding::decode_json;
pub(crate) use regular::Patterns;

/// The families; within each the names are distinct, and across them too (tested).
const FAMILIES: &[&[Function]] = &[
    collections::FUNCTIONS,
    digest::FUNCTIONS,
    encoding::FUNCTIONS,
    filesystem::FUNCTIONS,
    format::FUNCTIONS,
    lists::FUNCTIONS,
    maps::FUNCTIONS,
    network::FUNCTIONS,
    numeric::FUNCTIONS,
    regular::FUNCTIONS,
    secrets::FUNCTIONS,
    sets::FUNCTIONS,
    strings::FUNCTIONS,
    time::FUNCTIONS,
    uuid::FUNCTIONS,
    yaml::FUNCTIONS,
];

pub(crate) fn find(name: &str) -> Option<&'static Function> {
    all().find(|function| function.name == name)
}

/// Every name that can be called, for "did you mean".
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    all().map(|function| function.name).chain(["try", "can", "convert"])
}

fn all() -> impl Iterator<Item = &'static Function> {
    FAMILIES.iter().copied().flatten()
}

/// Why a function that exists elsewhere cannot be called here.
pub(crate) fn unavailable(name: &str) -> Option<&'static str> {
    match name {
        "templatefile" => Some("write the template in place, as a heredoc"),
        "timestamp" => Some("evaluation must not depend on the clock: pass the time in with a variable"),
        "env" => Some("write `${env[\"NAME\"]}`, which is filled in when the task runs, or use a variable"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_has_one_name_and_explains_itself() {
        let mut names: Vec<_> = all().map(|function| function.name).collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count, "a name is defined twice");
        for function in all() {
            assert!(function.usage.starts_with(&format!("{}(", function.name)), "{}", function.name);
            assert!(function.least <= function.most, "{}", function.name);
            assert_eq!(unavailable(function.name), None, "{}", function.name);
        }
    }
}
