//! What events are about, under the contract's names; also what this version has no objects of yet.

/// A kind of object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    AclAuthMethod,
    AclBindingRule,
    AclPolicy,
    AclRole,
    AclToken,
    Allocation,
    CsiPlugin,
    CsiVolume,
    Deployment,
    Evaluation,
    HostVolume,
    Job,
    Node,
    NodePool,
    Operator,
    Service,
    Variable,
}

const ALL: &[Topic] = &[
    Topic::AclAuthMethod,
    Topic::AclBindingRule,
    Topic::AclPolicy,
    Topic::AclRole,
    Topic::AclToken,
    Topic::Allocation,
    Topic::CsiPlugin,
    Topic::CsiVolume,
    Topic::Deployment,
    Topic::Evaluation,
    Topic::HostVolume,
    Topic::Job,
    Topic::Node,
    Topic::NodePool,
    Topic::Operator,
    Topic::Service,
    Topic::Variable,
];

impl Topic {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AclAuthMethod => "ACLAuthMethod",
            Self::AclBindingRule => "ACLBindingRule",
            Self::AclPolicy => "ACLPolicy",
            Self::AclRole => "ACLRole",
            Self::AclToken => "ACLToken",
            Self::Allocation => "Allocation",
            Self::CsiPlugin => "CSIPlugin",
            Self::CsiVolume => "CSIVolume",
            Self::Deployment => "Deployment",
            Self::Evaluation => "Evaluation",
            Self::HostVolume => "HostVolume",
            Self::Job => "Job",
            Self::Node => "Node",
            Self::NodePool => "NodePool",
            Self::Operator => "Operator",
            Self::Service => "Service",
            Self::Variable => "Variable",
        }
    }

    /// The topic of this name; `None` for one that never has events.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        ALL.iter().copied().find(|topic| topic.as_str() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_topic_is_found_by_its_name() {
        for topic in ALL {
            assert_eq!(Topic::parse(topic.as_str()), Some(*topic));
        }
        assert_eq!((ALL.len(), Topic::parse("job")), (17, None));
    }
}
