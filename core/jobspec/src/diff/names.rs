//! How the wire's fields are named in a diff.

/// Fields of a job that servers keep, or that are compared elsewhere.
pub const JOB_APART: &[&str] = &[
    "ID",
    "Status",
    "StatusDescription",
    "Version",
    "Stable",
    "CreateIndex",
    "ModifyIndex",
    "JobModifyIndex",
    "SubmitTime",
    "NomadTokenID",
    "VaultToken",
    "ConsulToken",
    "VersionTag",
    "Payload",
    "Update",
    "TaskGroups",
];
/// Fields of a group that are compared elsewhere.
pub const GROUP_APART: &[&str] = &["Name", "Tasks"];
/// Fields of a task that are compared elsewhere.
pub const TASK_APART: &[&str] = &["Name", "Config"];

/// Objects whose keys are the user's own: their entries are fields of the object around them.
pub fn is_map(name: &str) -> bool {
    matches!(name, "Meta" | "Env" | "CanaryMeta" | "TaggedAddresses" | "Tags" | "Args" | "Options")
        || name.ends_with("Options") && name != "MountOptions"
        || name.ends_with("Headers")
}

/// Objects whose keys are the user's own and whose entries are objects.
pub fn is_map_of_objects(name: &str) -> bool {
    matches!(name, "Volumes" | "Constraints" | "Counts" | "CPU" | "Memory")
}

/// What one entry of a list is called.
pub fn entry(list: &str) -> &str {
    match list {
        "Affinities" => "Affinity",
        "SpreadTarget" => "Target",
        "ReservedPorts" => "Static Port",
        "DynamicPorts" => "Dynamic Port",
        "Identities" => "Identity",
        _ => list.strip_suffix('s').unwrap_or(list),
    }
}

/// The field that makes an entry of a list the same one in both versions; without one, an entry that differs is
/// another.
pub fn identity(list: &str) -> Option<&'static str> {
    match list {
        "Services" | "Checks" | "Identities" | "Actions" | "Secrets" | "Devices" => Some("Name"),
        "ReservedPorts" | "DynamicPorts" => Some("Label"),
        "Templates" => Some("DestPath"),
        _ => None,
    }
}
