//! `alloc checks`: the newest results of health checks.

use std::collections::BTreeMap;

use muster_api::table::AllocChecks as Checks;
use muster_api::views::CheckQueryResult;

use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::keyvalue::KeyValues;
use crate::shape::Shape;
use crate::shell::Shell;
use crate::table::Table;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct AllocChecks {
    #[command(flatten)]
    connect: ConnectArgs,
    #[arg(value_name = "alloc")]
    alloc: String,
    /// Show whole ids, and what each check said
    #[arg(long)]
    verbose: bool,
    #[command(flatten)]
    shape: Shape,
}

impl Verb for AllocChecks {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let alloc = super::find(&client, shell, &self.alloc, self.verbose).await?;
        let answer = client.get::<Checks>(&[&alloc.id], &[("namespace", &alloc.namespace)]).await;
        let checks = answer.map_err(|error| Failure::request("querying allocation checks", &error))?.value;
        if !self.shape.print(shell, &checks)? {
            show(shell, &checks, self.verbose)?;
        }
        Ok(OK)
    }
}

fn show(
    shell: &mut Shell,
    checks: &BTreeMap<String, CheckQueryResult>,
    verbose: bool,
) -> Result<(), Failure> {
    shell.line(&format!("Status of {} Nomad Service Checks", checks.len()))?;
    if checks.is_empty() {
        return Ok(());
    }
    if !verbose {
        let mut table = Table::new(&["Service", "Task", "Name", "Mode", "Status"]);
        for check in checks.values() {
            let task = if check.task.is_empty() { "(group)" } else { &check.task };
            let cells = [&*check.service, task, &*check.check, &*check.mode, &*check.status];
            table.row(cells.map(str::to_owned).to_vec());
        }
        shell.blank()?;
        return shell.table(&table);
    }
    for check in checks.values() {
        let mut pairs = KeyValues::default();
        pairs.add("ID", check.id.as_str());
        pairs.add("Name", check.check.as_str());
        pairs.add("Group", check.group.as_str());
        pairs.add("Task", if check.task.is_empty() { "(group)" } else { &check.task });
        pairs.add("Service", check.service.as_str());
        pairs.add("Status", check.status.as_str());
        if let Some(code) = check.status_code {
            pairs.add("StatusCode", code.to_string());
        }
        pairs.add("Mode", check.mode.as_str());
        pairs.add("Timestamp", shell.clock.absolute(check.timestamp.saturating_mul(1_000_000_000)));
        pairs.add("Output", check.output.as_str());
        shell.blank()?;
        shell.pairs(&pairs)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::testing::shell;

    #[test]
    fn checks_stand_in_a_table() {
        let (mut sh, captured) = shell();
        let check = CheckQueryResult {
            service: "web".into(),
            check: "http".into(),
            mode: "healthiness".into(),
            status: "success".into(),
            output: "nomad: http ok".into(),
            ..CheckQueryResult::default()
        };
        let checks = BTreeMap::from([("a".to_owned(), check)]);
        show(&mut sh, &checks, false).unwrap();
        let expected = "\
Status of 1 Nomad Service Checks

Service  Task     Name  Mode         Status
web      (group)  http  healthiness  success
";
        assert_eq!(captured.out(), expected);
        show(&mut sh, &checks, true).unwrap();
        assert!(captured.out().contains("Output    = nomad: http ok"), "{}", captured.out());
    }
}
