//! Capabilities and what a route requires of its caller.

/// What kind of object a capability is about, and hence by what it is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Decided per namespace of the object.
    Namespace,
    /// Decided per namespace and path of a variable.
    Variable,
    NodePool,
    /// Decided per name of the volume.
    HostVolume,
    Node,
    Agent,
    Operator,
    Quota,
    Plugin,
    Sentinel,
    Management,
}

/// Declares the table: each capability with the word policies use for it, grouped by scope. `as_str` puts the
/// scope's prefix in front of the word.
macro_rules! capabilities {
    ($($scope:ident $prefix:literal { $($name:ident $word:literal),+ $(,)? })*) => {
        /// One permission (`acl.md`).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Capability { $($($name),+),* }

        impl Capability {
            pub const ALL: &'static [Self] = &[$($(Self::$name),+),*];

            #[must_use]
            pub const fn scope(self) -> Scope {
                match self { $($(Self::$name)|+ => Scope::$scope),* }
            }

            /// The word that policies use for it within their blocks of its scope.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $($(Self::$name => $word),+),* }
            }

            /// The spelling of the OpenAPI document and of logs: scope and word.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $($(Self::$name => concat!($prefix, $word)),+),* }
            }
        }
    };
}

capabilities! {
    Namespace "ns:" {
        ListJobs "list-jobs",
        ParseJob "parse-job",
        ReadJob "read-job",
        SubmitJob "submit-job",
        RegisterJob "register-job",
        DeregisterJob "deregister-job",
        PurgeJob "purge-job",
        EvaluateJob "evaluate-job",
        PlanJob "plan-job",
        ScaleJob "scale-job",
        ReadJobScaling "read-job-scaling",
        ListScalingPolicies "list-scaling-policies",
        ReadScalingPolicy "read-scaling-policy",
        TagJobVersion "tag-job-version",
        RevertJob "revert-job",
        StableJob "stable-job",
        FailDeployment "fail-deployment",
        PauseDeployment "pause-deployment",
        PromoteDeployment "promote-deployment",
        UnblockDeployment "unblock-deployment",
        CancelDeployment "cancel-deployment",
        SetAllocHealthDeployment "set-alloc-health-deployment",
        DispatchJob "dispatch-job",
        ForcePeriodicJob "force-periodic-job",
        AllocLifecycle "alloc-lifecycle",
        GcAllocation "gc-allocation",
        PauseAllocation "pause-allocation",
        DeleteServiceRegistration "delete-service-registration",
        AllocExec "alloc-exec",
        AllocNodeExec "alloc-node-exec",
        ReadLogs "read-logs",
        ReadFs "read-fs",
        CsiRegisterPlugin "csi-register-plugin",
        CsiWriteVolume "csi-write-volume",
        CsiReadVolume "csi-read-volume",
        CsiListVolume "csi-list-volume",
        CsiMountVolume "csi-mount-volume",
        HostVolumeCreate "host-volume-create",
        HostVolumeRegister "host-volume-register",
        HostVolumeRead "host-volume-read",
        HostVolumeWrite "host-volume-write",
        HostVolumeDelete "host-volume-delete",
        SubmitRecommendation "submit-recommendation",
        SentinelOverride "sentinel-override",
    }
    Variable "variables:" {
        VariableList "list",
        VariableRead "read",
        VariableWrite "write",
        VariableDestroy "destroy",
    }
    NodePool "node_pool:" {
        NodePoolRead "read",
        NodePoolWrite "write",
        NodePoolDelete "delete",
    }
    HostVolume "host_volume:" {
        MountReadonly "mount-readonly",
        MountReadwrite "mount-readwrite",
    }
    Node "node:" { NodeRead "read", NodeWrite "write" }
    Agent "agent:" { AgentRead "read", AgentWrite "write" }
    Operator "operator:" {
        OperatorRead "read",
        OperatorWrite "write",
        SnapshotSave "snapshot-save",
        LicenseRead "license-read",
        KeyringRotate "keyring-rotate",
        KeyringRead "keyring-read",
        KeyringDelete "keyring-delete",
    }
    Quota "quota:" { QuotaRead "read", QuotaWrite "write" }
    Plugin "plugin:" { PluginList "list", PluginRead "read" }
    Sentinel "sentinel:" {
        SentinelRead "sentinel-read",
        SentinelSubmit "sentinel-submit",
        SentinelDelete "sentinel-delete",
    }
    Management "" { Management "management" }
}

impl Capability {
    /// Whatever is decided per namespace: whoever holds one of them there may know of the namespace.
    pub const IN_NAMESPACE: &'static [Self] = Self::ALL.split_at(Self::first_other()).0;

    /// The table begins with those of namespaces.
    const fn first_other() -> usize {
        let (mut rest, mut count) = (Self::ALL, 0);
        while let Some((first, others)) = rest.split_first() {
            if !matches!(first.scope(), Scope::Namespace) {
                break;
            }
            (rest, count) = (others, count + 1);
        }
        count
    }

    /// What a list of capabilities in a policy may name, besides `deny`. The coarse rights to operate the cluster are
    /// only had through the block's `policy`.
    pub(crate) fn listed(scope: Scope) -> impl Iterator<Item = Self> {
        let of_scope = Self::ALL.iter().copied().filter(move |one| one.scope() == scope);
        of_scope.filter(|one| !matches!(one, Self::OperatorRead | Self::OperatorWrite))
    }
}

/// What a route asks of its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requirement {
    /// Anyone who can reach the listener. Written out in the route table, never a default.
    Public,
    /// Any one of these is enough.
    AnyOf(&'static [Capability]),
}

impl Requirement {
    #[must_use]
    pub const fn capabilities(self) -> &'static [Capability] {
        match self {
            Self::Public => &[],
            Self::AnyOf(capabilities) => capabilities,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_of_namespaces_are_all_there_are() {
        let counted = Capability::ALL.iter().filter(|one| one.scope() == Scope::Namespace).count();
        assert_eq!(Capability::IN_NAMESPACE.len(), counted);
        assert!(Capability::IN_NAMESPACE.iter().all(|one| one.scope() == Scope::Namespace));
    }
}
