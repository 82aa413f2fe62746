//! `volume` and `volume_mount`: what a group asks for, and where its tasks see it.

use crate::wire::wire;

wire! {
    /// A volume of a group.
    VolumeInput => VolumeRequest {
        name: String,
        #[serde(rename = "Type")]
        kind: String,
        source: String,
        read_only: bool,
        sticky: bool,
        access_mode: String,
        attachment_mode: String,
        mount_options: MountOptionsInput,
        per_alloc: bool,
    }

    /// How a file system is mounted.
    MountOptionsInput => MountOptions {
        #[serde(rename = "FSType")]
        fs_type: String,
        mount_flags: Vec<String>,
    }

    /// A volume inside a task.
    VolumeMountInput => VolumeMount {
        volume: String,
        destination: String,
        read_only: bool,
        propagation_mode: String,
        #[serde(rename = "SELinuxLabel")]
        selinux_label: String,
    }
}
