//! Rules of policies, compiled once and used by every request that has just these policies.
//!
//! What is kept names the very rows it was made of and is used only while they are the newest state's: a policy that
//! was changed, deleted or made counts with the next request, and nothing has to be told to forget anything.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use muster_acl::{Acl, Policy};
use muster_ids::Text;
use muster_model::AclPolicy;
use muster_state::Snapshot;

/// Sets of policies kept; the oldest goes first. Tokens of a cluster share few.
const KEPT: usize = 1024;

type Names = Vec<Text>;
/// In the order of the names; `None` for one that does not exist.
type Rows = Vec<Option<Arc<AclPolicy>>>;

#[derive(Debug, Default)]
pub(crate) struct CompiledRules(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    by_names: HashMap<Names, (Rows, Acl)>,
    order: VecDeque<Names>,
}

impl CompiledRules {
    /// The rights that policies of these names give together. A name without a policy gives none.
    pub(crate) fn of(&self, snapshot: &Snapshot, names: BTreeSet<Text>) -> Acl {
        let names: Names = names.into_iter().collect();
        let rows: Rows = names.iter().map(|name| snapshot.acl_policy(name).cloned()).collect();
        if let Some((made_of, acl)) = self.kept().by_names.get(&names)
            && same(made_of, &rows)
        {
            return acl.clone();
        }
        let policies: Vec<Policy> = rows.iter().flatten().map(|row| Policy::stored(&row.rules)).collect();
        let acl = Acl::of(&policies);
        self.kept().keep(names, rows, acl.clone());
        acl
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn keep(&mut self, names: Names, rows: Rows, acl: Acl) {
        if self.by_names.insert(names.clone(), (rows, acl)).is_some() {
            return;
        }
        self.order.push_back(names);
        while self.order.len() > KEPT {
            let Some(oldest) = self.order.pop_front() else { break };
            self.by_names.remove(&oldest);
        }
    }
}

/// Whether both are the same rows, not merely equal ones: a row never changes, it is replaced.
fn same(one: &Rows, other: &Rows) -> bool {
    one.len() == other.len()
        && one.iter().zip(other).all(|pair| match pair {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (None, None) => true,
            _ => false,
        })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use muster_acl::{Capability, Requirement};
    use muster_ids::{Index, UnixNanos};
    use muster_state::State;
    use muster_state::command::{AclPolicyDelete, AclPolicyUpsert, Command, Entry};

    use super::*;

    fn policy(name: &str, rules: &str) -> Command {
        let policy = AclPolicy {
            name: name.parse().unwrap(),
            description: "".into(),
            rules: rules.into(),
            job: None,
            create_index: Index::ZERO,
            modify_index: Index::ZERO,
        };
        Command::AclPolicyUpsert(AclPolicyUpsert { policies: vec![policy] })
    }

    fn apply(state: &mut State, command: Command) {
        let index = state.snapshot().index().next();
        state.apply(index, &Entry { time: UnixNanos(1), commands: vec![command] });
    }

    fn names(of: &[&str]) -> BTreeSet<Text> {
        of.iter().map(|name| Text::from(*name)).collect()
    }

    const READ: Requirement = Requirement::AnyOf(&[Capability::NodeRead]);
    const WRITE: Requirement = Requirement::AnyOf(&[Capability::NodeWrite]);

    #[test]
    fn what_is_kept_is_used_while_its_rows_are_the_newest() {
        let (mut state, rules) = (State::new(), CompiledRules::default());
        let of = |state: &State, names: BTreeSet<Text>| rules.of(&state.snapshot(), names);
        let allowed = |acl: &Acl| (acl.authorize(READ, None).is_ok(), acl.authorize(WRITE, None).is_ok());
        assert_eq!(allowed(&of(&state, names(&["a", "b"]))), (false, false));
        apply(&mut state, policy("a", "node { policy = \"read\" }"));
        let first = of(&state, names(&["a", "b"]));
        assert_eq!(allowed(&first), (true, false), "what came later counts");
        apply(&mut state, policy("other", "node { policy = \"read\" }"));
        let (Acl::Rules(one), Acl::Rules(two)) = (&first, &of(&state, names(&["b", "a"]))) else {
            unreachable!("rules")
        };
        assert!(Arc::ptr_eq(one, two), "nothing was made anew");
        apply(&mut state, policy("a", "node { policy = \"write\" }"));
        assert_eq!(allowed(&of(&state, names(&["a", "b"]))), (true, true));
        let names_gone = vec!["a".parse().unwrap()];
        apply(&mut state, Command::AclPolicyDelete(AclPolicyDelete { names: names_gone }));
        assert_eq!(allowed(&of(&state, names(&["a", "b"]))), (false, false));
    }

    #[test]
    fn no_more_is_kept_than_was_said() {
        let (state, rules) = (State::new(), CompiledRules::default());
        for number in 0..2 * KEPT {
            rules.of(&state.snapshot(), names(&[&number.to_string()]));
        }
        let kept = rules.kept();
        assert_eq!((kept.by_names.len(), kept.order.len()), (KEPT, KEPT));
    }
}
