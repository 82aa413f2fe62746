//! `acl policy init`: policies for the people around a cluster, ready to be read, changed and written.

use std::fs::File;
use std::io::{ErrorKind, Write as _};

use muster_api::table::{AclRoleCreate, AclRoleReadByName, AclRoleUpdate};
use muster_api::views::{AclPolicyLink, AclPolicyView, AclRoleView};
use muster_sdk::Client;

use super::write;
use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::shell::Shell;
use crate::table::Table;
use crate::verb::Verb;

/// Somebody with work to do on a cluster.
#[derive(Debug, Clone, Copy)]
struct Persona {
    name: &'static str,
    about: &'static str,
    rules: &'static str,
}

macro_rules! personas {
    ($($name:literal: $about:literal;)*) => {
        const PERSONAS: &[Persona] = &[$(Persona {
            name: $name,
            about: $about,
            rules: include_str!(concat!("../../../../../packs/policies/", $name, ".policy.hcl")),
        }),*];
    };
}

personas! {
    "system-administrator": "Runs the machines: agents and nodes, nothing of the workloads";
    "nomad-administrator": "Runs the cluster and everything in it, but for tokens and policies";
    "operator": "Deploys and runs jobs in a namespace and looks after them";
    "user": "Uses what runs here and has no business with the API";
    "hunter": "Looks into everything that runs, changes nothing";
    "approver": "Releases what others submitted: promotes, fails and reverts deployments";
    "evidence-custodian": "Secures logs and files of allocations, changes nothing";
    "auditor": "Reads how the cluster is set up and what runs, no logs, files or variables";
    "tenant-admin": "Everything within one namespace, nothing beside it";
}

/// In the files of personas; -namespace puts another in its place.
const NAMESPACE: &str = "namespace \"default\"";

#[derive(Debug, clap::Args)]
pub(crate) struct AclPolicyInit {
    #[command(flatten)]
    connect: ConnectArgs,
    /// Write the policy to the cluster, and a role of the same name for it, instead of a file
    #[arg(long)]
    apply: bool,
    /// Print the rules instead of writing a file
    #[arg(long)]
    print: bool,
    /// Name of the policy and role instead of the persona's
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Whose policy: one of the list that is shown without it, or `all`
    #[arg(value_name = "persona")]
    persona: Option<String>,
}

impl Verb for AclPolicyInit {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let Some(wanted) = self.persona.as_deref() else {
            list(shell)?;
            return Ok(OK);
        };
        let all = wanted == "all";
        let chosen: Vec<Persona> =
            PERSONAS.iter().copied().filter(|persona| all || persona.name == wanted).collect();
        if chosen.is_empty() {
            let names: Vec<&str> = PERSONAS.iter().map(|persona| persona.name).collect();
            return Err(Failure::new(format!(
                "there is no `{wanted}`: choose of {}, or all",
                names.join(", ")
            )));
        }
        if all && self.name.is_some() {
            return Err(Failure::new("-name is for one persona, not for all"));
        }
        let client = if self.apply { Some(self.connect.connect(shell)?) } else { None };
        for persona in chosen {
            let rules = rules(persona, self.connect.namespace_flag());
            let name = self.name.as_deref().unwrap_or(persona.name);
            match &client {
                Some(client) => apply(shell, client, name, persona, rules).await?,
                None if self.print => shell.line(rules.trim_end())?,
                None => file(shell, name, &rules)?,
            }
        }
        Ok(OK)
    }
}

fn rules(persona: Persona, namespace: Option<&str>) -> String {
    match namespace {
        Some(namespace) => persona.rules.replace(NAMESPACE, &format!("namespace \"{namespace}\"")),
        None => persona.rules.to_owned(),
    }
}

fn list(shell: &mut Shell) -> Result<(), Failure> {
    let mut table = Table::new(&["Persona", "Description"]);
    for persona in PERSONAS {
        table.row(vec![persona.name.to_owned(), persona.about.to_owned()]);
    }
    shell.table(&table)
}

fn file(shell: &mut Shell, name: &str, rules: &str) -> Result<(), Failure> {
    let path = format!("{name}.policy.hcl");
    let failed = |error: std::io::Error| match error.kind() {
        ErrorKind::AlreadyExists => {
            Failure::new(format!("File '{path}' already exists: move it away, or choose another -name"))
        }
        _ => Failure::new(format!("Failed to write '{path}': {error}")),
    };
    let mut file = File::options().write(true).create_new(true).open(&path).map_err(failed)?;
    file.write_all(rules.as_bytes()).map_err(failed)?;
    shell.line(&format!("Policy written to {path}"))
}

/// The policy, and a role that has it.
async fn apply(
    shell: &mut Shell,
    client: &Client,
    name: &str,
    persona: Persona,
    rules: String,
) -> Result<(), Failure> {
    let (name, description) = (name.to_owned(), persona.about.to_owned());
    let policy =
        AclPolicyView { name: name.clone(), description: description.clone(), rules, ..Default::default() };
    write(shell, client, &policy, false).await?;
    let policies = Some(vec![AclPolicyLink { name: name.clone() }]);
    let mut role = AclRoleView { name: name.clone(), description, policies, ..AclRoleView::default() };
    let known = match client.get::<AclRoleReadByName>(&[&name], &[]).await {
        Ok(answer) => Some(answer.value.id),
        Err(error) if error.is_not_found() => None,
        Err(error) => return Err(Failure::request("fetching role", &error)),
    };
    let stored = match known {
        Some(id) => {
            role.id.clone_from(&id);
            client.send_json::<AclRoleUpdate>(&[&id], &[], &role).await
        }
        None => client.send_json::<AclRoleCreate>(&[], &[], &role).await,
    };
    let role = stored.map_err(|error| Failure::request("writing role", &error))?.value;
    shell.line(&format!("Successfully wrote \"{name}\" ACL role ({})!", role.id))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use muster_acl::Policy;

    use super::*;

    #[test]
    fn every_persona_has_rules_that_are_understood_without_a_word() {
        for persona in PERSONAS {
            for namespace in [None, Some("team-a")] {
                let rules = rules(*persona, namespace);
                let parsed = Policy::parse(&rules).unwrap();
                assert!(parsed.warnings.is_empty(), "{}: {:?}", persona.name, parsed.warnings);
                assert!(namespace.is_none() || !rules.contains(NAMESPACE), "{}", persona.name);
            }
            assert!(persona.about.len() <= 256);
        }
    }
}
