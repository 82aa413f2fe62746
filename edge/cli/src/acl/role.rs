//! Commands about ACL roles, and how a role is shown.

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod info;
pub(crate) mod list;
pub(crate) mod update;

use muster_api::views::{AclPolicyLink, AclRoleView};

use crate::failure::Failure;
use crate::keyvalue::KeyValues;
use crate::shape::Shape;
use crate::shell::Shell;

pub(super) fn show(shell: &mut Shell, role: &AclRoleView, shape: &Shape) -> Result<(), Failure> {
    if shape.print(shell, role)? {
        return Ok(());
    }
    let mut pairs = KeyValues::default();
    pairs.add("ID", role.id.as_str());
    pairs.add("Name", role.name.as_str());
    pairs.add("Description", role.description.as_str());
    pairs.add("Policies", policies(role));
    pairs.add("Create Index", role.create_index.to_string());
    pairs.add("Modify Index", role.modify_index.to_string());
    shell.pairs(&pairs)
}

fn policies(role: &AclRoleView) -> String {
    let names: Vec<&str> = role.policies.iter().flatten().map(|link| link.name.as_str()).collect();
    names.join(",")
}

fn links(names: Vec<String>) -> Vec<AclPolicyLink> {
    names.into_iter().map(|name| AclPolicyLink { name }).collect()
}
