//! Volumes a group asks for, and where its tasks see them.

use muster_ids::Text;
use serde::{Deserialize, Serialize};

use crate::choice::choice;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct VolumeRequest {
    /// Unique in its group; what mounts refer to.
    pub name: Text,
    pub kind: VolumeKind,
    /// Name or id of the volume.
    pub source: Text,
    pub read_only: bool,
    /// Whether a replacement gets the same volume.
    pub sticky: bool,
    pub access_mode: AccessMode,
    pub attachment_mode: AttachmentMode,
    pub mount_options: Option<Box<MountOptions>>,
    /// Whether the source is `source[n]` for the n-th allocation.
    pub per_alloc: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MountOptions {
    pub fs_type: Text,
    pub mount_flags: Vec<Text>,
}

/// A volume of the group inside a task.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct VolumeMount {
    pub volume: Text,
    pub destination: Text,
    pub read_only: bool,
    pub propagation_mode: PropagationMode,
    pub selinux_label: SelinuxLabel,
}

choice! {
    VolumeKind("volume type") {
        #[default]
        Host = "host",
        Csi = "csi",
    }
}

choice! {
    AccessMode("volume access_mode") {
        #[default]
        Unset = "",
        SingleNodeReaderOnly = "single-node-reader-only",
        SingleNodeWriter = "single-node-writer",
        SingleNodeSingleWriter = "single-node-single-writer",
        SingleNodeMultiWriter = "single-node-multi-writer",
        MultiNodeReaderOnly = "multi-node-reader-only",
        MultiNodeSingleWriter = "multi-node-single-writer",
        MultiNodeMultiWriter = "multi-node-multi-writer",
    }
}

choice! {
    AttachmentMode("volume attachment_mode") {
        #[default]
        Unset = "",
        FileSystem = "file-system",
        BlockDevice = "block-device",
    }
}

choice! {
    PropagationMode("volume_mount propagation_mode") {
        #[default]
        Private = "private",
        HostToTask = "host-to-task",
        Bidirectional = "bidirectional",
    }
}

choice! {
    SelinuxLabel("volume_mount selinux_label") {
        #[default]
        None = "",
        /// Shared between tasks.
        Shared = "z",
        /// The task's own.
        Private = "Z",
    }
}
