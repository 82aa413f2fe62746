//! Volumes of a group, and what its tasks see of them.

use std::collections::{BTreeMap, BTreeSet};

use muster_ids::Text;
use muster_model::{AccessMode, AttachmentMode, JobType, VolumeKind, VolumeMount, VolumeRequest};

use super::basics::{given, list};
use super::{Findings, Step};
use crate::input::{GroupInput, VolumeInput, VolumeMountInput};
use crate::wire::Wire;

type Volumes = BTreeMap<String, VolumeInput>;

/// The group's own, and those of the job that one of its tasks mounts.
pub(super) fn of_group(
    group: &GroupInput,
    of_job: Option<&Volumes>,
    kind: JobType,
    canaries: u32,
    found: &mut Findings,
) -> BTreeMap<String, VolumeRequest> {
    let own = group.volumes.iter().flatten();
    let mounted = mounted(group);
    let lent = of_job.into_iter().flatten().filter(|(name, _)| {
        mounted.contains(name.as_str())
            && !group.volumes.as_ref().is_some_and(|own| own.contains_key(name.as_str()))
    });
    let mut volumes = BTreeMap::new();
    for (name, input) in own.chain(lent) {
        let volume = found.part(format!("Volume {name}"), Step::Labelled("volume", name.clone()), |found| {
            one(name, input, kind, canaries, found)
        });
        volumes.insert(name.clone(), volume);
    }
    if !volumes.is_empty() {
        found.unsupported("a `volume` block", "the tasks would run without the volume");
    }
    volumes
}

/// The names of volumes that tasks of a group mount.
pub(super) fn mounted(group: &GroupInput) -> BTreeSet<&str> {
    let mounts = list(group.tasks.as_ref()).iter().flat_map(|task| list(task.volume_mounts.as_ref()));
    mounts.filter_map(|mount| given(mount.volume.as_ref())).collect()
}

fn one(name: &str, input: &VolumeInput, kind: JobType, canaries: u32, found: &mut Findings) -> VolumeRequest {
    let mut volume = input.decide(found);
    if volume.name.is_empty() {
        volume.name = Text::from(name);
    }
    if given(input.kind.as_ref()).is_none() {
        found.error("volume has no type; write `type = \"host\"` or `type = \"csi\"`");
    }
    if volume.source.is_empty() {
        found.error("volume has an empty source; write the name of the volume");
    }
    if volume.per_alloc {
        per_alloc(&volume, kind, canaries, found);
    }
    match volume.kind {
        VolumeKind::Host => host(&volume, found),
        VolumeKind::Csi => csi(&volume, found),
    }
    volume
}

fn per_alloc(volume: &VolumeRequest, kind: JobType, canaries: u32, found: &mut Findings) {
    if kind.is_per_node() {
        found.error("volume cannot be per_alloc for system or sysbatch jobs");
    }
    if canaries > 0 {
        found.error("volume cannot be per_alloc when canaries are in use");
    }
    if volume.sticky {
        found.error("volume cannot be per_alloc and sticky at the same time");
    }
}

fn host(volume: &VolumeRequest, found: &mut Findings) {
    use AccessMode::{
        SingleNodeMultiWriter, SingleNodeReaderOnly, SingleNodeSingleWriter, SingleNodeWriter, Unset,
    };
    if volume.mount_options.is_some() {
        found.error("host volumes cannot have mount options");
    }
    let (mode, read_only) = (volume.access_mode, volume.read_only);
    match mode {
        SingleNodeReaderOnly if !read_only => reader_only(mode, found),
        Unset | SingleNodeReaderOnly | SingleNodeWriter | SingleNodeSingleWriter | SingleNodeMultiWriter => {}
        _ => found.error(format!(
            "host volumes cannot be mounted with {mode} access mode; expected single-node-reader-only, \
             single-node-writer, single-node-single-writer or single-node-multi-writer"
        )),
    }
}

fn csi(volume: &VolumeRequest, found: &mut Findings) {
    use AccessMode::{
        MultiNodeReaderOnly, SingleNodeMultiWriter, SingleNodeReaderOnly, SingleNodeSingleWriter, Unset,
    };
    if volume.attachment_mode == AttachmentMode::Unset {
        found.error("CSI volumes must have an attachment mode: file-system or block-device");
    }
    let mode = volume.access_mode;
    match mode {
        Unset => found.error("CSI volumes must have an access mode, such as single-node-writer"),
        SingleNodeSingleWriter | SingleNodeMultiWriter => {
            found.error(format!("CSI volumes cannot be mounted with {mode} access mode"));
        }
        SingleNodeReaderOnly | MultiNodeReaderOnly if !volume.read_only => reader_only(mode, found),
        _ => {}
    }
}

fn reader_only(mode: AccessMode, found: &mut Findings) {
    found.error(format!("{mode} volumes must be read-only: write `read_only = true`"));
}

/// What a task mounts; `known` are the volumes of its group.
pub(super) fn mounts(
    inputs: &[VolumeMountInput],
    known: &BTreeMap<String, VolumeRequest>,
    found: &mut Findings,
) -> Vec<VolumeMount> {
    let mut mounts = Vec::with_capacity(inputs.len());
    for (at, input) in inputs.iter().enumerate() {
        let mount = found.part(format!("Volume mount {}", at + 1), Step::Nth("volume_mount", at), |found| {
            input.decide(found)
        });
        if mount.volume.is_empty() {
            found.error(format!("Volume Mount ({at}) references an empty volume"));
        } else if !known.contains_key(&*mount.volume) {
            found.error(format!(
                "Volume Mount ({at}) references undefined volume {}; the group needs a block `volume {:?} {{ … }}`",
                mount.volume, &*mount.volume
            ));
        }
        mounts.push(mount);
    }
    mounts
}
