//! `eval status`: one evaluation, what it placed and what it could not.

mod show;

use muster_api::table::{EvalAllocations, EvalList, EvalRead};

use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::ids;
use crate::monitor::Monitor;
use crate::shape::Shape;
use crate::shell::Shell;
use crate::verb::{Refused, Verb};

#[derive(Debug, clap::Args)]
pub(crate) struct EvalStatus {
    #[command(flatten)]
    connect: ConnectArgs,
    #[arg(value_name = "eval")]
    eval: String,
    /// Watch the evaluation until it is over
    #[arg(long)]
    monitor: bool,
    /// Show whole ids and absolute times
    #[arg(long)]
    verbose: bool,
    #[command(flatten)]
    shape: Shape,
}

impl EvalStatus {
    /// As if asked for one evaluation.
    pub(crate) fn of(connect: ConnectArgs, eval: String, verbose: bool) -> Self {
        Self { connect, eval, monitor: false, verbose, shape: Shape::default() }
    }
}

impl Verb for EvalStatus {
    const REFUSED: &'static [Refused] = &[Refused::UI];

    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let found = ids::by_prefix::<EvalList, _>(&client, &self.eval, "querying evaluation").await?;
        let missing = format!("No evaluation(s) with prefix or id \"{}\" found", self.eval);
        let eval = ids::only(found, "evaluations", missing, |found| super::list_table(found, self.verbose))?;
        if self.monitor {
            return Monitor { client: &client, verbose: self.verbose }.existing(shell, &eval.id).await;
        }
        let namespace = ("namespace", eval.namespace.as_str());
        let (query, with_relatives) = ([namespace], [namespace, ("related", "true")]);
        let eval = client.get::<EvalRead>(&[&eval.id], &with_relatives).await;
        let eval = eval.map_err(|error| Failure::request("querying evaluation", &error))?.value;
        if self.shape.print(shell, &eval)? {
            return Ok(OK);
        }
        let allocs = client.get::<EvalAllocations>(&[&eval.id], &query).await;
        let allocs =
            allocs.map_err(|error| Failure::request("querying evaluation's allocations", &error))?.value;
        show::evaluation(shell, &eval, &allocs, self.verbose)?;
        Ok(OK)
    }
}
