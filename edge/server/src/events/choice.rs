//! What a subscriber asks for, and what of it they may see.

use std::collections::{BTreeMap, BTreeSet};

use muster_acl::{Acl, Capability, Denied, Grant, Requirement, Scope};
use muster_ids::Namespace;
use muster_state::{Snapshot, StreamEvent, StreamRow, Topic};

use crate::sight::Sight;

/// Keys of one topic.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Keys {
    All,
    Some(BTreeSet<String>),
}

impl Keys {
    fn add(&mut self, key: &str) {
        match self {
            Self::All => {}
            Self::Some(_) if key == "*" => *self = Self::All,
            Self::Some(keys) => {
                keys.insert(key.to_owned());
            }
        }
    }

    fn cover(&self, row: &StreamRow) -> bool {
        match self {
            Self::All => true,
            Self::Some(keys) => {
                keys.contains(&row.key()) || row.filter_keys().iter().any(|key| keys.contains(key))
            }
        }
    }
}

/// Topics and keys, as `topic=Topic[:key]` says them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Choice {
    /// Of whichever topic.
    every: Option<Keys>,
    topics: BTreeMap<Topic, Keys>,
    /// A topic that never has events is asked for.
    unknown: bool,
}

impl Choice {
    /// Everything, where nothing is said.
    ///
    /// # Errors
    /// The text with more than one colon.
    pub(crate) fn parse<'t>(texts: impl Iterator<Item = &'t str>) -> Result<Self, String> {
        let mut choice = Self { every: None, topics: BTreeMap::new(), unknown: false };
        let mut any = false;
        for text in texts {
            let (topic, key) = text.split_once(':').unwrap_or((text, "*"));
            if key.contains(':') {
                return Err(text.to_owned());
            }
            let key = if key.is_empty() { "*" } else { key };
            any = true;
            let keys = match (topic, Topic::parse(topic)) {
                ("*", _) => choice.every.get_or_insert(Keys::Some(BTreeSet::new())),
                (_, Some(topic)) => choice.topics.entry(topic).or_insert(Keys::Some(BTreeSet::new())),
                (_, None) => {
                    choice.unknown = true;
                    continue;
                }
            };
            keys.add(key);
        }
        if !any {
            choice.every = Some(Keys::All);
        }
        Ok(choice)
    }

    /// The caller's rights to all of it. `namespace` is the one asked about; `None` stands for every one in which the
    /// caller has them.
    ///
    /// # Errors
    /// [`Denied`] when there is a topic that the caller may see nothing of.
    pub(crate) fn authorize(self, acl: &Acl, namespace: Option<&Namespace>) -> Result<Rights, Denied> {
        if self.every.is_some() || self.unknown {
            acl.authorize(Requirement::AnyOf(&[Capability::Management]), namespace)?;
        }
        let grants = self.topics.keys().map(|topic| {
            let grant = acl.authorize(requirement(*topic), namespace)?;
            Ok((*topic, grant))
        });
        let grants = grants.collect::<Result<_, _>>()?;
        Ok(Rights { choice: self, grants, namespace: namespace.cloned() })
    }
}

/// What is asked for, as far as it may be seen.
#[derive(Clone, Debug)]
pub(crate) struct Rights {
    choice: Choice,
    grants: BTreeMap<Topic, Grant>,
    namespace: Option<Namespace>,
}

impl Rights {
    /// The same as asked for, with the rights that the caller has now.
    ///
    /// # Errors
    /// [`Denied`] when there is a topic that the caller may see nothing of any more.
    pub(crate) fn again(&self, acl: &Acl) -> Result<Self, Denied> {
        self.choice.clone().authorize(acl, self.namespace.as_ref())
    }

    /// Whether this subscriber is told of the event.
    pub(crate) fn cover(&self, event: &StreamEvent) -> bool {
        let (row, topic) = (&event.row, event.row.topic());
        let namespace = row.namespace();
        if self.namespace.as_ref().is_some_and(|asked| namespace.is_some_and(|own| own != asked)) {
            return false;
        }
        // Whoever was allowed to ask for every topic may see all of each.
        if self.choice.every.as_ref().is_some_and(|keys| keys.cover(row)) {
            return true;
        }
        let asked = self.choice.topics.get(&topic).is_some_and(|keys| keys.cover(row));
        asked && self.grants.get(&topic).is_some_and(|grant| may_see(grant, topic, namespace))
    }
}

impl Rights {
    /// Whether the subscriber may know of the machine that an event is about, as things are now.
    pub(crate) fn show(&self, event: &StreamEvent, now: &Snapshot) -> bool {
        let StreamRow::Node(node) = &event.row else { return true };
        let grant = self.grants.get(&Topic::Node);
        grant.is_none_or(|grant| Sight::of(grant, now).shows_pool(&node.pool))
    }
}

/// The grant was given for the topic; what is of a namespace is asked about one by one.
fn may_see(grant: &Grant, topic: Topic, namespace: Option<&Namespace>) -> bool {
    let by_namespace = |capability: &Capability| capability.scope() == Scope::Namespace;
    match namespace {
        Some(own) if requirement(topic).capabilities().iter().any(by_namespace) => {
            grant.allows_namespace(own)
        }
        _ => true,
    }
}

/// `http-api.md` section 10.2. Topics whose objects this version does not have take management, until those who build
/// them know better.
const fn requirement(topic: Topic) -> Requirement {
    match topic {
        Topic::Allocation
        | Topic::CsiPlugin
        | Topic::Deployment
        | Topic::Evaluation
        | Topic::Job
        | Topic::Service => Requirement::AnyOf(&[Capability::ReadJob]),
        Topic::Node => Requirement::AnyOf(&[Capability::NodeRead]),
        Topic::Operator => Requirement::AnyOf(&[Capability::OperatorRead]),
        Topic::AclAuthMethod
        | Topic::AclBindingRule
        | Topic::AclPolicy
        | Topic::AclRole
        | Topic::AclToken
        | Topic::CsiVolume
        | Topic::HostVolume
        | Topic::NodePool
        | Topic::Variable => Requirement::AnyOf(&[Capability::Management]),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use std::sync::Arc;

    use muster_acl::Policy;
    use muster_model::JobType;
    use muster_testkit::build;

    use super::*;

    fn choice(texts: &[&str]) -> Choice {
        Choice::parse(texts.iter().copied()).unwrap()
    }

    fn job(id: &str, namespace: &str) -> StreamEvent {
        let mut job = build::job(id, JobType::Service, 1);
        job.namespace = Namespace::new(namespace).unwrap();
        StreamEvent { kind: "JobRegistered", row: StreamRow::Job { job: Arc::new(job), deleted: false } }
    }

    fn node() -> StreamEvent {
        StreamEvent { kind: "NodeRegistration", row: StreamRow::Node(Arc::new(build::node(1))) }
    }

    fn allowed(rules: &str) -> Acl {
        Acl::of([&Policy::parse(rules).unwrap().policy])
    }

    #[test]
    fn topics_and_keys_choose() {
        let own = Namespace::default_namespace();
        let seen = |texts: &[&str], event: &StreamEvent| {
            choice(texts).authorize(&Acl::Unrestricted, Some(&own)).unwrap().cover(event)
        };
        let web = job("web", "default");
        for (texts, expected) in [
            (&[][..], true),
            (&["*"], true),
            (&["*:*"], true),
            (&["*:web"], true),
            (&["*:other"], false),
            (&["Job"], true),
            (&["Job:"], true),
            (&["Job:web"], true),
            (&["Job:other"], false),
            (&["Job:other", "Job:web"], true),
            (&["Job:other", "Job"], true),
            (&["Node", "Evaluation:web"], false),
            (&["Unheard"], false),
        ] {
            assert_eq!(seen(texts, &web), expected, "{texts:?}");
        }
        assert!(!seen(&["Job"], &job("web", "other")), "another namespace");
        assert!(seen(&["Node"], &node()), "what is of no namespace is in all");
        let every = choice(&["Job"]).authorize(&Acl::Unrestricted, None).unwrap();
        assert!(every.cover(&job("web", "other")));
        assert_eq!(Choice::parse(["Job:a:b"].into_iter()), Err("Job:a:b".to_owned()));
    }

    #[test]
    fn every_topic_takes_its_capability_and_every_object_is_asked_about() {
        let (a, b) = (Namespace::new("a").unwrap(), Namespace::new("b").unwrap());
        let acl = allowed("namespace \"a\" { capabilities = [\"read-job\"] }");
        assert!(choice(&["Job"]).authorize(&acl, Some(&a)).is_ok());
        assert!(choice(&["Job"]).authorize(&acl, Some(&b)).is_err());
        for denied in ["*", "Node", "NodePool", "ACLToken", "Operator", "Variable", "Unheard"] {
            assert!(choice(&[denied]).authorize(&acl, Some(&a)).is_err(), "{denied}");
            assert!(choice(&["Job", denied]).authorize(&acl, Some(&a)).is_err(), "Job and {denied}");
        }
        let rights = choice(&["Job"]).authorize(&acl, None).unwrap();
        assert!(rights.cover(&job("x", "a")) && !rights.cover(&job("x", "b")));
        let nodes = allowed("node { policy = \"read\" }");
        assert!(choice(&["Node"]).authorize(&nodes, Some(&a)).unwrap().cover(&node()));
    }
}
