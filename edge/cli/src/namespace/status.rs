//! `namespace status`

use muster_api::views::{ClusterChoiceView, NamespaceCapabilitiesView, NamespaceView, PoolBindingView};

use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::keyvalue::KeyValues;
use crate::shape::Shape;
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct NamespaceStatus {
    #[command(flatten)]
    connect: ConnectArgs,
    #[command(flatten)]
    shape: Shape,
    #[arg(value_name = "namespace")]
    name: String,
}

impl Verb for NamespaceStatus {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let namespace = super::find(&client, &self.name).await?;
        if !self.shape.print(shell, &namespace)? {
            show(shell, &namespace)?;
        }
        Ok(OK)
    }
}

fn show(shell: &mut Shell, namespace: &NamespaceView) -> Result<(), Failure> {
    let none = NamespaceCapabilitiesView::default();
    let rules = namespace.capabilities.as_ref().unwrap_or(&none);
    let mut pairs = KeyValues::default();
    pairs.add("Name", namespace.name.as_str());
    pairs.add("Description", namespace.description.as_str());
    pairs.add("Quota", namespace.quota.as_str());
    pairs.add("Enabled Drivers", names(rules.enabled_task_drivers.as_ref(), "*"));
    pairs.add("Disabled Drivers", names(rules.disabled_task_drivers.as_ref(), ""));
    pairs.add("Enabled Network Modes", names(rules.enabled_network_modes.as_ref(), "*"));
    pairs.add("Disabled Network Modes", names(rules.disabled_network_modes.as_ref(), ""));
    shell.pairs(&pairs)?;
    if let Some(meta) = namespace.meta.as_ref().filter(|meta| !meta.is_empty()) {
        shell.heading("Metadata")?;
        let mut pairs = KeyValues::default();
        meta.iter().for_each(|(key, value)| pairs.add(key, value.as_str()));
        shell.pairs(&pairs)?;
    }
    if let Some(PoolBindingView { default, allowed, denied }) = &namespace.node_pool_configuration {
        choice(shell, "Node Pool Configuration", default, allowed.as_ref(), denied.as_ref())?;
    }
    for (heading, given) in [
        ("Vault Configuration", &namespace.vault_configuration),
        ("Consul Configuration", &namespace.consul_configuration),
    ] {
        if let Some(ClusterChoiceView { default, allowed, denied }) = given {
            choice(shell, heading, default, allowed.as_ref(), denied.as_ref())?;
        }
    }
    Ok(())
}

/// An absent list of what is allowed allows everything; an empty one the default only.
fn choice(
    shell: &mut Shell,
    heading: &str,
    default: &str,
    allowed: Option<&Vec<String>>,
    denied: Option<&Vec<String>>,
) -> Result<(), Failure> {
    shell.heading(heading)?;
    let mut pairs = KeyValues::default();
    pairs.add("Default", default);
    pairs.add("Allowed", allowed.map_or_else(|| "*".to_owned(), |list| names(Some(list), "")));
    pairs.add("Denied", names(denied, ""));
    shell.pairs(&pairs)
}

fn names(list: Option<&Vec<String>>, empty: &str) -> String {
    match list.filter(|list| !list.is_empty()) {
        Some(list) => list.join(","),
        None => empty.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::testing::shell;

    #[test]
    fn what_is_said_of_a_namespace_is_shown() {
        let (mut sh, captured) = shell();
        let namespace = NamespaceView {
            name: "team-a".into(),
            description: "ours".into(),
            capabilities: Some(NamespaceCapabilitiesView {
                disabled_task_drivers: Some(vec!["raw_exec".into(), "java".into()]),
                ..NamespaceCapabilitiesView::default()
            }),
            meta: Some([("owner".to_owned(), "ops".to_owned())].into()),
            node_pool_configuration: Some(PoolBindingView {
                default: "team-a".into(),
                allowed: Some(Vec::new()),
                denied: None,
            }),
            ..NamespaceView::default()
        };
        show(&mut sh, &namespace).unwrap();
        let expected = "\
Name                   = team-a
Description            = ours
Quota                  = <none>
Enabled Drivers        = *
Disabled Drivers       = raw_exec,java
Enabled Network Modes  = *
Disabled Network Modes = <none>

Metadata
owner = ops

Node Pool Configuration
Default = team-a
Allowed = <none>
Denied  = <none>
";
        assert_eq!(captured.out(), expected);
    }
}
