//! A deployment as text (`cli.md` section 5).

use muster_api::views::DeploymentView;

use crate::failure::Failure;
use crate::ids::short;
use crate::keyvalue::KeyValues;
use crate::shell::Shell;
use crate::table::Table;
use crate::time::Clock;

pub(crate) fn whole(shell: &mut Shell, deployment: &DeploymentView, verbose: bool) -> Result<(), Failure> {
    lines(&shell.clock, deployment, verbose).iter().try_for_each(|line| match line.as_str() {
        "Deployed" => shell.bold_line(line),
        line => shell.line(line),
    })
}

/// The same, as lines that a monitor may indent.
pub(crate) fn lines(clock: &Clock, deployment: &DeploymentView, verbose: bool) -> Vec<String> {
    let mut pairs = KeyValues::default();
    pairs.add("ID", short(&deployment.id, verbose));
    pairs.add("Job ID", deployment.job_id.as_str());
    pairs.add("Job Version", deployment.job_version.to_string());
    pairs.add("Status", deployment.status.as_str());
    pairs.add("Description", deployment.status_description.as_str());
    let mut lines = pairs.lines();
    if !deployment.task_groups.is_empty() {
        lines.extend([String::new(), "Deployed".to_owned()]);
        lines.extend(deployed(clock, deployment).lines());
    }
    lines
}

/// As `job status` shows the newest one.
pub(crate) fn latest(shell: &mut Shell, deployment: &DeploymentView, verbose: bool) -> Result<(), Failure> {
    shell.heading("Latest Deployment")?;
    let mut pairs = KeyValues::default();
    pairs.add("ID", short(&deployment.id, verbose));
    pairs.add("Status", deployment.status.as_str());
    pairs.add("Description", deployment.status_description.as_str());
    shell.pairs(&pairs)?;
    if deployment.task_groups.is_empty() {
        return Ok(());
    }
    shell.heading("Deployed")?;
    let table = deployed(&shell.clock, deployment);
    shell.table(&table)
}

/// Columns that no group has anything to say in are left out.
fn deployed(clock: &Clock, deployment: &DeploymentView) -> Table {
    let groups = &deployment.task_groups;
    let reverts = groups.values().any(|group| group.auto_revert);
    let canaries = groups.values().any(|group| group.desired_canaries > 0);
    let deadlines = groups.values().any(|group| group.progress_deadline > 0);
    let mut table = Table::new(&["Task Group"]);
    let columns = [
        (reverts, "Auto Revert"),
        (canaries, "Promoted"),
        (true, "Desired"),
        (canaries, "Canaries"),
        (true, "Placed"),
        (true, "Healthy"),
        (true, "Unhealthy"),
        (deadlines, "Progress Deadline"),
    ];
    columns.iter().filter(|(wanted, _)| *wanted).for_each(|(_, name)| table.column(name));
    let or_none = |text: String| if text.is_empty() { "N/A".to_owned() } else { text };
    for (name, group) in groups {
        let promoted = match group.desired_canaries {
            0 => "N/A".to_owned(),
            _ => group.promoted.to_string(),
        };
        let cells = [
            (reverts, group.auto_revert.to_string()),
            (canaries, promoted),
            (true, group.desired_total.to_string()),
            (canaries, group.desired_canaries.to_string()),
            (true, group.placed_allocs.to_string()),
            (true, group.healthy_allocs.to_string()),
            (true, group.unhealthy_allocs.to_string()),
            (deadlines, or_none(clock.absolute_text(&group.require_progress_by))),
        ];
        let cells = cells.into_iter().filter(|(wanted, _)| *wanted).map(|(_, cell)| cell);
        table.row(std::iter::once(name.clone()).chain(cells).collect());
    }
    table
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use muster_api::views::DeploymentGroupView;

    use super::*;
    use crate::testing::shell;

    fn deployment(groups: &[(&str, DeploymentGroupView)]) -> DeploymentView {
        DeploymentView {
            id: "a1a1a1a1-0000-4000-8000-000000000000".into(),
            job_id: "web".into(),
            job_version: 3,
            status: "running".into(),
            status_description: "Deployment is running but requires manual promotion".into(),
            task_groups: groups.iter().map(|(name, group)| ((*name).to_owned(), group.clone())).collect(),
            ..DeploymentView::default()
        }
    }

    fn plain() -> DeploymentGroupView {
        let require_progress_by = "0001-01-01T00:00:00Z".to_owned();
        DeploymentGroupView {
            desired_total: 3,
            placed_allocs: 2,
            healthy_allocs: 1,
            require_progress_by,
            ..DeploymentGroupView::default()
        }
    }

    fn canary() -> DeploymentGroupView {
        DeploymentGroupView {
            auto_revert: true,
            desired_canaries: 1,
            progress_deadline: 600_000_000_000,
            require_progress_by: "1970-01-01T00:16:40Z".to_owned(),
            ..plain()
        }
    }

    #[test]
    fn a_rollout_with_canaries() {
        let (mut sh, captured) = shell();
        whole(&mut sh, &deployment(&[("api", canary()), ("db", plain())]), false).unwrap();
        assert_eq!(captured.out(), WITH_CANARIES);
    }

    const WITH_CANARIES: &str = "\
ID          = a1a1a1a1
Job ID      = web
Job Version = 3
Status      = running
Description = Deployment is running but requires manual promotion

Deployed
Task Group  Auto Revert  Promoted  Desired  Canaries  Placed  Healthy  Unhealthy  Progress Deadline
api         true         false     3        1         2       1        0          1970-01-01T00:16:40Z
db          false        N/A       3        0         2       1        0          N/A
";

    #[test]
    fn columns_without_content_are_left_out() {
        let (mut sh, captured) = shell();
        latest(&mut sh, &deployment(&[("db", plain())]), true).unwrap();
        assert_eq!(captured.out(), PLAIN);
    }

    const PLAIN: &str = "
Latest Deployment
ID          = a1a1a1a1-0000-4000-8000-000000000000
Status      = running
Description = Deployment is running but requires manual promotion

Deployed
Task Group  Desired  Placed  Healthy  Unhealthy
db          3        2       1        0
";
}
