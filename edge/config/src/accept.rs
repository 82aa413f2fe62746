//! `client { accept {} }`: what the operator of a machine lets run there, whoever asks for it (`docs/tenants.md`).

use muster_ids::Text;

use crate::decide::Findings;

block! {
    AcceptInput {
        /// Names or globs, like the next three.
        namespaces: Vec<String>,
        drivers: Vec<String>,
        /// `""` is that of tasks which name none.
        users: Vec<String>,
        images: Vec<String>,
        /// Absolute directories, each with all that is below.
        host_paths: Vec<String>,
        /// MHz of one allocation.
        max_cpu: u64,
        max_cores: u32,
        /// Of one allocation.
        max_memory_mb: u64,
    }
    no_effect {}
}

/// Absent lists and limits accept everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AcceptConfig {
    pub namespaces: Option<Vec<Text>>,
    pub drivers: Option<Vec<Text>>,
    pub users: Option<Vec<Text>>,
    pub images: Option<Vec<Text>>,
    pub host_paths: Option<Vec<Text>>,
    pub max_cpu_mhz: Option<u64>,
    pub max_cores: Option<u32>,
    pub max_memory_mb: Option<u64>,
}

impl AcceptInput {
    pub(crate) fn decide(self, findings: &mut Findings) -> AcceptConfig {
        let texts =
            |list: Option<Vec<String>>| list.map(|list| list.into_iter().map(Text::from).collect::<Vec<_>>());
        for path in self.host_paths.iter().flatten() {
            if !path.starts_with('/') || path.split('/').any(|part| part == "..") {
                findings.error(format!(
                    "client.accept.host_paths: `{path}` must be an absolute path without `..`"
                ));
            }
        }
        // They travel to the servers as one text.
        for name in self.namespaces.iter().flatten().filter(|name| name.is_empty() || name.contains(',')) {
            findings
                .error(format!("client.accept.namespaces: `{name}` is neither a name nor a pattern of some"));
        }
        AcceptConfig {
            namespaces: texts(self.namespaces),
            drivers: texts(self.drivers),
            users: texts(self.users),
            images: texts(self.images),
            host_paths: texts(self.host_paths),
            max_cpu_mhz: self.max_cpu,
            max_cores: self.max_cores,
            max_memory_mb: self.max_memory_mb,
        }
    }
}
