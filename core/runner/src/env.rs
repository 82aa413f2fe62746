//! The environment a task starts with, and what `${…}` in its specification stands for (`jobspec.md` 5.1, 5.2).
//!
//! Begins with a minimal safe set and holds nothing of the agent's own environment: what an operator exported for
//! the agent, credentials above all, must not reach a job by accident. Later layers win:
//! base set, `NOMAD_*`, meta, the task's `env`.

mod builtin;
mod devices;
mod interpolate;
mod meta;
pub use meta::merged as merged_meta;
mod node;
mod ports;

use std::collections::BTreeMap;

use muster_ids::Region;
use muster_model::{Alloc, Node, Task, Value};

/// The only variables a task inherits from where it runs. The edge decides their values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BaseEnv {
    pub path: String,
    pub home: String,
    pub user: String,
    pub shell: String,
    pub lang: String,
    pub tmpdir: String,
    /// Variables of the agent that its configuration lets tasks have. They win over the values above and never name
    /// anything that begins with `NOMAD_`.
    pub passed: BTreeMap<String, String>,
}

/// Directories as the task sees them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskDirs {
    /// Shared by the allocation's tasks.
    pub alloc: String,
    /// The task's `local`.
    pub local: String,
    pub secrets: String,
}

/// All that an environment is made from.
#[derive(Clone, Copy, Debug)]
pub struct TaskEnvInput<'a> {
    pub node: &'a Node,
    pub region: &'a Region,
    pub alloc: &'a Alloc,
    pub task: &'a Task,
    pub dirs: &'a TaskDirs,
    pub base: &'a BaseEnv,
    /// The cgroup that those of all tasks lie in; empty where there are none.
    pub parent_cgroup: &'a str,
}

/// A task's environment, which also resolves references to it and to the node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskEnv {
    vars: BTreeMap<String, String>,
    /// Keyed as written between `${` and `}`: `node.class`, `attr.kernel.name`, `meta.rack`.
    node: BTreeMap<String, String>,
}

impl TaskEnv {
    #[must_use]
    pub fn build(input: &TaskEnvInput<'_>) -> Self {
        let mut env = Self { vars: base(input.base), node: node::targets(input.node, input.region) };
        env.vars.extend(builtin::variables(input));
        env.vars.extend(devices::variables(input));
        if let Some(group) = input.alloc.group_spec() {
            env.vars.extend(ports::variables(&input.node.capacity.ip, group, input.alloc));
            for (key, value) in meta::merged(&input.alloc.job, group, input.task) {
                let value = env.interpolate(&value);
                env.vars.extend(meta::variables(&key, &value));
            }
        }
        for (key, value) in &input.task.env {
            let (key, value) = (env.interpolate(key), env.interpolate(value));
            env.vars.insert(key, value);
        }
        env
    }

    #[must_use]
    pub const fn vars(&self) -> &BTreeMap<String, String> {
        &self.vars
    }

    /// Replaces every reference that is known; an unknown one stays as it is written.
    #[must_use]
    pub fn interpolate(&self, text: &str) -> String {
        interpolate::replace(text, |name| {
            self.node.get(name).or_else(|| self.vars.get(name)).map(String::as_str)
        })
    }

    /// Interpolates every text inside of a value, keys included.
    #[must_use]
    pub fn interpolate_value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.interpolate(text)),
            Value::List(items) => {
                Value::List(items.iter().map(|item| self.interpolate_value(item)).collect())
            }
            Value::Map(map) => Value::Map(self.interpolate_map(map)),
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) => value.clone(),
        }
    }

    /// Driver configuration, ready to be handed to the driver.
    #[must_use]
    pub fn interpolate_map(&self, map: &BTreeMap<String, Value>) -> BTreeMap<String, Value> {
        map.iter().map(|(key, value)| (self.interpolate(key), self.interpolate_value(value))).collect()
    }
}

fn base(base: &BaseEnv) -> BTreeMap<String, String> {
    let pairs = [
        ("PATH", &base.path),
        ("HOME", &base.home),
        ("USER", &base.user),
        ("SHELL", &base.shell),
        ("LANG", &base.lang),
        ("TMPDIR", &base.tmpdir),
    ];
    let set = pairs.into_iter().filter(|(_, value)| !value.is_empty());
    let passed = base.passed.iter().filter(|(key, _)| !key.starts_with("NOMAD_"));
    set.map(|(key, value)| (key.to_owned(), value.clone()))
        .chain(passed.map(|(key, value)| (key.clone(), value.clone())))
        .collect()
}
