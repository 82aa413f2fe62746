//! `scaling policy info`

use muster_api::table::{ScalingPolicyList, ScalingPolicyRead};
use muster_jobspec::input::ScalingInput;

use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::ids::{self, short};
use crate::keyvalue::KeyValues;
use crate::shape::Shape;
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct ScalingPolicyInfo {
    #[command(flatten)]
    connect: ConnectArgs,
    #[arg(value_name = "policy")]
    policy: String,
    /// Show whole ids
    #[arg(long)]
    verbose: bool,
    #[command(flatten)]
    shape: Shape,
}

impl Verb for ScalingPolicyInfo {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let doing = "querying scaling policy";
        let found = ids::by_prefix::<ScalingPolicyList, _>(&client, &self.policy, doing).await?;
        let missing = format!("No scaling policies with prefix or id \"{}\" found", self.policy);
        let table = |found: &[_]| super::table(found, self.verbose);
        let stub = ids::only(found, "scaling policies", missing, table)?;
        let answer = client.get::<ScalingPolicyRead>(&[&stub.id], &[]).await;
        let policy = answer.map_err(|error| Failure::request(doing, &error))?.value;
        if self.shape.print(shell, &policy)? {
            return Ok(OK);
        }
        shell.pairs(&pairs(&policy, self.verbose))?;
        shell.heading("Policy:")?;
        shell.line(&crate::json::pretty(&policy.policy.unwrap_or_default())?)?;
        Ok(OK)
    }
}

fn pairs(policy: &ScalingInput, verbose: bool) -> KeyValues {
    let mut pairs = KeyValues::default();
    pairs.add("ID", short(policy.id.as_deref().unwrap_or_default(), verbose));
    pairs.add("Enabled", policy.enabled.unwrap_or_default().to_string());
    pairs.add("Type", policy.kind.clone().unwrap_or_default());
    pairs.add("Target", policy.target.as_ref().map(super::target).unwrap_or_default());
    pairs.add("Min", policy.min.unwrap_or_default().to_string());
    pairs.add("Max", policy.max.unwrap_or_default().to_string());
    pairs
}
