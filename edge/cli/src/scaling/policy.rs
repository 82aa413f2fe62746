//! Commands about scaling policies, and how one is found.

pub(crate) mod info;
pub(crate) mod list;

use std::collections::BTreeMap;

use muster_api::views::ScalingPolicyStub;

use crate::ids::short;
use crate::table::Table;

/// `Group:web,Job:shop,Namespace:default`
fn target(target: &BTreeMap<String, String>) -> String {
    target.iter().map(|(key, name)| format!("{key}:{name}")).collect::<Vec<_>>().join(",")
}

fn table(policies: &[ScalingPolicyStub], verbose: bool) -> Table {
    let mut table = Table::new(&["ID", "Enabled", "Type", "Target"]);
    for policy in policies {
        let enabled = policy.enabled.to_string();
        table.row(vec![short(&policy.id, verbose), enabled, policy.kind.clone(), target(&policy.target)]);
    }
    table
}
