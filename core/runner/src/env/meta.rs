//! `NOMAD_META_*`: job, group and task meta, the innermost winning.

use std::collections::BTreeMap;

use muster_ids::Text;
use muster_model::{Group, Job, Task};

/// What `meta` says of a task: of the job, its group and itself, the innermost winning.
#[must_use]
pub fn merged(job: &Job, group: &Group, task: &Task) -> BTreeMap<String, Text> {
    let layers = [&job.meta, &group.meta, &task.meta].into_iter().flatten();
    let layers = layers.map(|(key, value)| (key.clone(), value.clone()));
    // What a dispatch may leave out is there all the same.
    let dispatched = job.parameterized.as_deref().filter(|_| job.dispatched);
    let optional = dispatched.into_iter().flat_map(|rules| &rules.meta_optional);
    optional.map(|key| (key.to_string(), Text::from(""))).chain(layers).collect()
}

/// Both spellings users may look for: as written, and in upper case.
pub fn variables(key: &str, value: &str) -> [(String, String); 2] {
    let clean = clean(key);
    [
        (format!("NOMAD_META_{}", clean.to_uppercase()), value.to_owned()),
        (format!("NOMAD_META_{clean}"), value.to_owned()),
    ]
}

/// Replaces what a shell could not name.
pub fn clean(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' || c == '.' { c } else { '_' }).collect()
}
