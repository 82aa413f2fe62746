//! One side of a constraint: a reference to a fact of the node, or a literal.

use std::borrow::Cow;

use muster_model::{Job, Node};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target<'a> {
    Literal(&'a str),
    NodeId,
    NodeName,
    Datacenter,
    Class,
    Pool,
    Region(&'a str),
    Attribute(&'a str),
    Meta(&'a str),
    /// A reference that nodes have nothing for, such as one to a device.
    Unknown,
}

impl<'a> Target<'a> {
    pub fn parse(text: &'a str, job: &'a Job) -> Self {
        let Some(path) = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')) else {
            return Self::Literal(text);
        };
        match path {
            "node.unique.id" => Self::NodeId,
            "node.unique.name" => Self::NodeName,
            "node.datacenter" => Self::Datacenter,
            "node.class" => Self::Class,
            "node.pool" => Self::Pool,
            // The log that stores the job is the region that its nodes belong to.
            "node.region" => Self::Region(job.region.as_str()),
            _ => path
                .strip_prefix("attr.")
                .map(Self::Attribute)
                .or_else(|| path.strip_prefix("meta.").map(Self::Meta))
                .unwrap_or(Self::Unknown),
        }
    }

    /// Whether nodes of one computed class may differ in it.
    pub fn escapes(self) -> bool {
        match self {
            Self::NodeId | Self::NodeName => true,
            Self::Attribute(key) | Self::Meta(key) => key.starts_with("unique."),
            _ => false,
        }
    }

    /// Its value on this node; `None` when the node does not have the fact.
    pub fn resolve<'n>(self, node: &'n Node) -> Option<Cow<'n, str>>
    where
        'a: 'n,
    {
        Some(match self {
            Self::Literal(text) | Self::Region(text) => Cow::Borrowed(text),
            Self::NodeId => Cow::Owned(node.id.to_string()),
            Self::NodeName => Cow::Borrowed(&*node.name),
            Self::Datacenter => Cow::Borrowed(node.datacenter.as_str()),
            Self::Class => Cow::Borrowed(node.class.as_ref().map_or("", |class| class.as_str())),
            Self::Pool => Cow::Borrowed(node.pool.as_str()),
            Self::Attribute(key) => Cow::Borrowed(&**node.attributes.get(key)?),
            Self::Meta(key) => Cow::Borrowed(&**node.meta.get(key)?),
            Self::Unknown => return None,
        })
    }
}
