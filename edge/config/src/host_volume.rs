//! `client { host_volume "name" {} }`

use muster_model::HostVolume;

use crate::decide::Findings;

block! {
    HostVolumeInput {
        path: String,
        read_only: bool,
    }
    no_effect {}
}

impl HostVolumeInput {
    pub(crate) fn decide(self, name: &str, findings: &mut Findings) -> Option<HostVolume> {
        let path = self.path.filter(|path| !path.is_empty());
        let Some(path) = path else {
            findings.error(format!(
                "Missing path in host_volume config: `host_volume \"{name}\"` names none; add `path = \"/…\"`"
            ));
            return None;
        };
        findings.absolute(&format!("client.host_volume.{name}.path"), Some(path.as_ref()));
        Some(HostVolume { path: path.into(), read_only: self.read_only.unwrap_or(false) })
    }
}
