//! Why asks of the group found no place.

use super::super::Shared;
use super::super::look::Look;
use super::{GroupState, Lacking};
use crate::account::Account;
use crate::draw::Draw;
use crate::reconcile::Ask;

impl<'a> GroupState<'a> {
    /// One more ask found no place. The account is of the one node asked for, or else is taken the first time: every
    /// node as it is now.
    pub fn count_failure(&mut self, name_index: u32, lacking: Option<Lacking>, shared: &Shared<'a>) {
        self.failures += 1;
        if let Some((slot, rejection)) = lacking
            && let Some(node) = shared.cluster.columns().get(slot)
        {
            self.failure.get_or_insert_default().rejected(node.node(), &rejection);
        } else if self.failure.is_none() {
            self.failure = Some(self.explain(name_index, shared));
        }
    }

    /// Nothing is missing, but no node qualifies: takes the account all the same, unless one would do after all.
    pub fn explain_unsuitable(&mut self, shared: &Shared<'a>) {
        let account = self.explain(0, shared);
        if !account.has_feasible() {
            self.failure = Some(account);
            self.runs_nowhere = true;
        }
    }

    fn explain(&mut self, name_index: u32, shared: &Shared<'a>) -> Account {
        let mut account = Account::default();
        // Ports are drawn only to see whether there are any; a fixed seed keeps the plan's own draws in step.
        let mut draw = Draw::new([0; 16]);
        let ask = Ask::new(self.position, name_index);
        for (slot, node) in shared.cluster.columns().iter() {
            match self.look(slot, node, &ask, shared, &mut draw) {
                Look::Skip => {}
                Look::Rejected(rejection) => account.rejected(node.node(), &rejection),
                Look::Fits(_) => account.feasible(),
            }
        }
        account
    }

    /// The account of the failure and how many further asks it stands for.
    pub fn take_failure(&mut self) -> Option<(Account, u32)> {
        let coalesced = self.failures.saturating_sub(1);
        self.failure.take().filter(|_| self.has_failed()).map(|account| (account, coalesced))
    }
}
