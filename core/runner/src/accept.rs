//! What the operator of an agent lets run there, whoever asks for it: decided on the node, before anything of an
//! allocation runs, and believed of nobody else.

use std::path::{Component, Path};

use muster_ids::Text;
use muster_model::{Group, Job, Task, TaskResources, Value, glob_matches};

/// Absent lists accept everything; an empty list accepts nothing. `*` in a name stands for any run of characters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Acceptance {
    pub namespaces: Option<Vec<Text>>,
    pub drivers: Option<Vec<Text>>,
    /// Accounts that tasks run as; `""` is that of tasks which name none.
    pub users: Option<Vec<Text>>,
    /// Of containers and machines.
    pub images: Option<Vec<Text>>,
    /// Directories of the host: each with all that is below.
    pub host_paths: Option<Vec<Text>>,
    /// Of one allocation, like the next.
    pub max_cpu_mhz: Option<u64>,
    pub max_cores: Option<u32>,
    /// What its tasks may use at most counts, not what they reserve.
    pub max_memory_mb: Option<u64>,
}

impl Acceptance {
    #[must_use]
    pub fn accepts_driver(&self, driver: &str) -> bool {
        accepts(self.drivers.as_ref(), driver)
    }

    /// Why an allocation of this group may not run here, if it may not: the first reason, with the setting that says so.
    #[must_use]
    pub fn refusal(&self, job: &Job, group: &Group) -> Option<String> {
        let namespace = job.namespace.as_str();
        if !accepts(self.namespaces.as_ref(), namespace) {
            return Some(refused("namespaces", &format!("namespace \"{namespace}\"")));
        }
        group.tasks.iter().find_map(|task| self.refusal_of_task(task)).or_else(|| self.refusal_of_size(group))
    }

    fn refusal_of_task(&self, task: &Task) -> Option<String> {
        let says = |setting: &str, what: String| {
            Some(refused(setting, &format!("{what} of task \"{}\"", task.name)))
        };
        let driver = task.driver.as_str();
        if !self.accepts_driver(driver) {
            return says("drivers", format!("driver \"{driver}\""));
        }
        let user = task.user.as_deref().unwrap_or_default();
        if !accepts_resolved(self.users.as_ref(), user) {
            let named =
                if user.is_empty() { "the unnamed user".to_owned() } else { format!("user \"{user}\"") };
            return says("users", named);
        }
        let image = task.config.get("image").and_then(Value::as_str);
        if let Some(image) = image.filter(|image| !accepts_resolved(self.images.as_ref(), image)) {
            return says("images", format!("image \"{image}\""));
        }
        let path = host_paths(task).into_iter().find(|path| !self.accepts_path(path))?;
        says("host_paths", format!("host path \"{path}\""))
    }

    /// What is not known before the task's references are resolved, or goes up again, is not accepted.
    fn accepts_path(&self, path: &str) -> bool {
        let Some(list) = &self.host_paths else { return true };
        let plain =
            !path.contains("${") && !Path::new(path).components().any(|part| part == Component::ParentDir);
        plain && list.iter().any(|allowed| Path::new(path).starts_with(&**allowed))
    }

    fn refusal_of_size(&self, group: &Group) -> Option<String> {
        let ask = group.ask();
        let memory = group.tasks.iter().map(|task| most_memory(&task.resources));
        let memory = memory.fold(0, u64::saturating_add);
        let above = |setting: &str, limit: Option<u64>, wanted: u64, unit: &str| {
            let limit = limit.filter(|limit| wanted > *limit)?;
            let wanted = if wanted >= UNLIMITED { "any amount of".to_owned() } else { wanted.to_string() };
            Some(refused(
                setting,
                &format!("{wanted} {unit} of group \"{}\", of at most {limit}", group.name),
            ))
        };
        above("max_cpu", self.max_cpu_mhz, ask.cpu_mhz, "MHz")
            .or_else(|| above("max_cores", self.max_cores.map(u64::from), ask.cores.into(), "cores"))
            .or_else(|| above("max_memory_mb", self.max_memory_mb, memory, "MB of memory"))
    }
}

/// One task without a limit takes this much and more.
const UNLIMITED: u64 = TaskResources::NO_LIMIT_MB as u64;

fn most_memory(resources: &TaskResources) -> u64 {
    resources.memory_max_mb.max(resources.memory_mb).into()
}

fn refused(setting: &str, what: &str) -> String {
    format!("refused by this agent's `client.accept.{setting}`: {what}")
}

fn accepts(list: Option<&Vec<Text>>, name: &str) -> bool {
    list.is_none_or(|list| list.iter().any(|glob| glob_matches(glob, name)))
}

/// For names that may hold references to what is only known when the task starts: only `*` accepts those.
fn accepts_resolved(list: Option<&Vec<Text>>, name: &str) -> bool {
    match name.contains("${") {
        true => list.is_none_or(|list| list.iter().any(|glob| &**glob == "*")),
        false => accepts(list, name),
    }
}

/// Directories and files of the host that a task's driver would hand to it.
fn host_paths(task: &Task) -> Vec<String> {
    let mut found = Vec::new();
    for value in ["volumes", "mount", "mounts", "devices"].iter().filter_map(|key| task.config.get(*key)) {
        collect(value, &mut found);
    }
    found
}

/// `source:destination` in a list, or `source` and `host_path` in a block.
fn collect(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::List(items) => items.iter().for_each(|item| collect(item, found)),
        Value::String(text) => {
            let source = text.split(':').next().unwrap_or_default();
            // Without a slash it is the name of a volume, or relative to the allocation.
            if source.starts_with('/') || source.contains("..") || source.contains("${") {
                found.push(source.to_owned());
            }
        }
        Value::Map(map) => {
            let named = ["source", "host_path"].iter().filter_map(|key| map.get(*key)?.as_str());
            found.extend(
                named.filter(|path| path.contains(['/', '$']) || path.contains("..")).map(str::to_owned),
            );
            map.values()
                .filter(|inner| matches!(inner, Value::Map(_)))
                .for_each(|inner| collect(inner, found));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use std::collections::BTreeMap;

    use muster_model::JobType;

    use super::*;

    fn list(names: &[&str]) -> Option<Vec<Text>> {
        Some(names.iter().map(|name| Text::from(*name)).collect())
    }

    type Case<'a> = (Acceptance, &'a dyn Fn(&mut Group), &'a str);

    fn said(accept: &Acceptance, change: impl FnOnce(&mut Group)) -> Option<String> {
        let mut job = muster_builders::job("web", JobType::Service, 1);
        let mut group = muster_builders::group("g", 1);
        group.tasks[0].resources = muster_builders::resources(300, 100);
        change(&mut group);
        job.groups = vec![group.clone()].into();
        accept.refusal(&job, &group)
    }

    #[test]
    fn what_is_not_declared_is_not_limited() {
        assert_eq!(said(&Acceptance::default(), |_| ()), None);
    }

    #[test]
    fn each_declaration_refuses_by_its_name() {
        let none = Acceptance::default();
        let host = |path: &str| {
            let volumes = Value::List(vec![Value::String(format!("{path}:/in:ro"))]);
            BTreeMap::from([("volumes".to_owned(), volumes)])
        };
        let cases: [Case<'_>; 9] = [
            (
                Acceptance { namespaces: list(&["team-*"]), ..none.clone() },
                &|_| (),
                "accept.namespaces`: namespace \"default\"",
            ),
            (
                Acceptance { drivers: list(&["exec"]), ..none.clone() },
                &|_| (),
                "accept.drivers`: driver \"raw_exec\" of task",
            ),
            (
                Acceptance { users: list(&["app"]), ..none.clone() },
                &|_| (),
                "accept.users`: the unnamed user of task",
            ),
            (
                Acceptance { users: list(&["app", "a*"]), ..none.clone() },
                &|group| group.tasks[0].user = Some("${NOMAD_META_user}".into()),
                "accept.users`: user \"${NOMAD_META_user}\"",
            ),
            (
                Acceptance { images: list(&["registry.local/*"]), ..none.clone() },
                &|group| drop(group.tasks[0].config.insert("image".into(), Value::String("redis".into()))),
                "accept.images`: image \"redis\"",
            ),
            (
                Acceptance { host_paths: list(&["/srv/app"]), ..none.clone() },
                &|group| group.tasks[0].config = host("/srv/app/../../etc"),
                "accept.host_paths`: host path \"/srv/app/../../etc\"",
            ),
            (
                Acceptance { max_cpu_mhz: Some(299), ..none.clone() },
                &|_| (),
                "accept.max_cpu`: 300 MHz of group \"g\", of at most 299",
            ),
            (
                Acceptance { max_memory_mb: Some(100), ..none.clone() },
                &|group| group.tasks[0].resources.memory_max_mb = 101,
                "accept.max_memory_mb`: 101 MB",
            ),
            (
                Acceptance { max_memory_mb: Some(1000), ..none },
                &|group| group.tasks[0].resources.memory_max_mb = TaskResources::NO_LIMIT_MB,
                "accept.max_memory_mb`: any amount of MB",
            ),
        ];
        for (accept, change, expected) in cases {
            let found = said(&accept, change).unwrap();
            assert!(found.contains(expected), "{expected}\n{found}");
        }
    }

    #[test]
    fn what_is_declared_is_accepted() {
        let accept = Acceptance {
            namespaces: list(&["default"]),
            drivers: list(&["raw_*"]),
            users: list(&["", "app"]),
            images: list(&["registry.local/*"]),
            host_paths: list(&["/srv/app", "/data"]),
            max_cpu_mhz: Some(300),
            max_cores: Some(0),
            max_memory_mb: Some(100),
        };
        let fine = |group: &mut Group| {
            let mount = BTreeMap::from([
                ("type".to_owned(), Value::String("bind".into())),
                ("source".to_owned(), Value::String("/data/x".into())),
            ]);
            let volumes = ["/srv/app:/a", "named:/b"].map(|text| Value::String(text.into()));
            group.tasks[0].config = BTreeMap::from([
                ("image".to_owned(), Value::String("registry.local/redis:7".into())),
                ("volumes".to_owned(), Value::List(volumes.into())),
                ("mount".to_owned(), Value::List(vec![Value::Map(mount)])),
            ]);
        };
        assert_eq!(said(&accept, fine), None);
        let beside = |group: &mut Group| {
            let text = Value::String("/srv/apparel:/a".into());
            group.tasks[0].config = BTreeMap::from([("volumes".to_owned(), Value::List(vec![text]))]);
        };
        assert!(said(&accept, beside).is_some(), "a longer name is another directory");
    }
}
