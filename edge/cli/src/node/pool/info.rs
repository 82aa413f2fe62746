//! `node pool info`

use muster_api::views::NodePoolView;

use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::keyvalue::KeyValues;
use crate::shape::Shape;
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct NodePoolInfo {
    #[command(flatten)]
    connect: ConnectArgs,
    #[command(flatten)]
    shape: Shape,
    #[arg(value_name = "pool")]
    pool: String,
}

impl Verb for NodePoolInfo {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let pool = super::find(&client, &self.pool).await?;
        if !self.shape.print(shell, &pool)? {
            show(shell, &pool)?;
        }
        Ok(OK)
    }
}

fn show(shell: &mut Shell, pool: &NodePoolView) -> Result<(), Failure> {
    let mut pairs = KeyValues::default();
    pairs.add("Name", pool.name.as_str());
    pairs.add("Description", pool.description.as_str());
    shell.pairs(&pairs)?;

    shell.heading("Metadata")?;
    let mut pairs = KeyValues::default();
    pool.meta.iter().flatten().for_each(|(key, value)| pairs.add(key, value.as_str()));
    match pairs.lines().is_empty() {
        true => shell.line("No metadata")?,
        false => shell.pairs(&pairs)?,
    }

    shell.heading("Scheduler Configuration")?;
    let mut pairs = KeyValues::default();
    if let Some(config) = &pool.scheduler_configuration {
        pairs.add_some("Scheduler Algorithm", &config.scheduler_algorithm);
        let oversubscription = config.memory_oversubscription_enabled.map(|on| on.to_string());
        pairs.add_some("Memory Oversubscription Enabled", &oversubscription.unwrap_or_default());
    }
    match pairs.lines().is_empty() {
        true => shell.line("No scheduler configuration"),
        false => shell.pairs(&pairs),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use muster_api::views::PoolSchedulerConfigView;

    use super::*;
    use crate::testing::shell;

    #[test]
    fn what_is_not_said_is_told_as_such() {
        let (mut sh, captured) = shell();
        let mut pool = NodePoolView { name: "gpu".into(), ..NodePoolView::default() };
        show(&mut sh, &pool).unwrap();
        pool.description = "cards".into();
        pool.meta = Some([("owner".to_owned(), "ops".to_owned())].into());
        pool.scheduler_configuration = Some(PoolSchedulerConfigView {
            scheduler_algorithm: "spread".into(),
            memory_oversubscription_enabled: Some(true),
        });
        show(&mut sh, &pool).unwrap();
        let expected = "\
Name        = gpu
Description = <none>

Metadata
No metadata

Scheduler Configuration
No scheduler configuration
Name        = gpu
Description = cards

Metadata
owner = ops

Scheduler Configuration
Scheduler Algorithm             = spread
Memory Oversubscription Enabled = true
";
        assert_eq!(captured.out(), expected);
    }
}
