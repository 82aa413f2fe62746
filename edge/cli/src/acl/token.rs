//! Commands about single tokens, and how a token is shown.

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod info;
pub(crate) mod list;
pub(crate) mod own;
pub(crate) mod update;

use muster_api::views::{AclRoleLink, AclTokenView};

use crate::failure::Failure;
use crate::keyvalue::KeyValues;
use crate::shape::Shape;
use crate::shell::Shell;
use crate::table::Table;

/// Prints a token, its secret included where the answer holds it.
pub(crate) fn show(shell: &mut Shell, token: &AclTokenView, shape: &Shape) -> Result<(), Failure> {
    if shape.print(shell, token)? {
        return Ok(());
    }
    shell.pairs(&pairs(token))?;
    let roles = token.roles.iter().flatten();
    let mut table = Table::new(&["ID", "Name"]);
    let mut any = false;
    for AclRoleLink { id, name } in roles {
        table.row(vec![id.clone(), name.clone()]);
        any = true;
    }
    if any {
        shell.heading("Roles")?;
        shell.table(&table)?;
    }
    Ok(())
}

/// In the order that people's notes have them; `Expiry Time` is the only one that those do not know.
fn pairs(token: &AclTokenView) -> KeyValues {
    let mut pairs = KeyValues::default();
    pairs.add("Accessor ID", token.accessor_id.as_str());
    let secret = token.secret_id.expose();
    pairs.add("Secret ID", if secret.is_empty() { "<shown only when it was made>" } else { secret });
    pairs.add("Name", token.name.as_str());
    pairs.add("Type", token.kind.as_str());
    pairs.add("Global", token.global.to_string());
    let policies = token.policies.as_deref().unwrap_or_default();
    let shown = if policies.is_empty() { "n/a".to_owned() } else { format!("{policies:?}") };
    pairs.add("Policies", shown);
    pairs.add("Create Time", token.create_time.as_deref().map(go_time).unwrap_or_default());
    pairs.add("Expiry Time", token.expiration_time.as_deref().map(go_time).unwrap_or_default());
    pairs.add("Create Index", token.create_index.to_string());
    pairs.add("Modify Index", token.modify_index.to_string());
    pairs
}

/// `2026-11-22 10:00:00.5 +0000 UTC`, from the wire's RFC 3339 text.
pub(crate) fn go_time(text: &str) -> String {
    let Ok(time) = text.parse::<jiff::Timestamp>() else { return text.to_owned() };
    format!("{} +0000 UTC", time.strftime("%Y-%m-%d %H:%M:%S%.f"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use muster_api::views::SecretText;

    #[test]
    fn a_token_is_a_block_of_pairs() {
        let token = AclTokenView {
            accessor_id: "a".into(),
            secret_id: SecretText::new("s"),
            kind: "client".into(),
            policies: Some(vec!["read".into(), "ops".into()]),
            create_time: Some("2026-11-22T10:00:00.5Z".into()),
            create_index: 8,
            modify_index: 9,
            ..AclTokenView::default()
        };
        let expected = [
            "Accessor ID  = a",
            "Secret ID    = s",
            "Name         = <none>",
            "Type         = client",
            "Global       = false",
            "Policies     = [\"read\", \"ops\"]",
            "Create Time  = 2026-11-22 10:00:00.5 +0000 UTC",
            "Expiry Time  = <none>",
            "Create Index = 8",
            "Modify Index = 9",
        ];
        assert_eq!(pairs(&token).lines(), expected);
        let management = AclTokenView { policies: None, ..token };
        assert_eq!(pairs(&management).lines().get(5).map(String::as_str), Some("Policies     = n/a"));
    }
}
