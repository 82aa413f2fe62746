//! `job validate`: what is wrong with a job file. Parsing needs no agent; the rules are the servers'.

use muster_api::table::JobValidate as Validate;
use muster_api::views::{JobValidateRequest, JobValidateResponse};

use super::source::SourceArgs;
use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::shell::Shell;
use crate::verb::{Refused, Verb};

/// The exit code when the client cannot even be set up.
const NO_CLIENT: u8 = 255;

#[derive(Debug, clap::Args)]
pub(crate) struct JobValidate {
    #[command(flatten)]
    connect: ConnectArgs,
    #[command(flatten)]
    source: SourceArgs,
}

impl Verb for JobValidate {
    const REFUSED: &'static [Refused] = &[Refused::VAULT_NAMESPACE];

    async fn run(self, shell: &mut Shell) -> Outcome {
        let file = self.source.read(shell)?;
        let client = self
            .connect
            .connect(shell)
            .map_err(|error| Failure::Coded { code: NO_CLIENT, text: error.to_string() })?;
        let request = JobValidateRequest { job: Some(file.input.clone()) };
        let answer = client.send_json::<Validate>(&[], &[], &request).await;
        let answer = answer.map_err(|error| Failure::request("validating job", &error))?.value;
        judge(shell, &answer, || file.broken_rules())
    }
}

/// `places` gives the errors where they stand in the file, if they are known.
fn judge(
    shell: &mut Shell,
    answer: &JobValidateResponse,
    places: impl FnOnce() -> Option<String>,
) -> Outcome {
    if !answer.error.is_empty() {
        let places = places().map(|lines| format!("\n\n{lines}")).unwrap_or_default();
        return Err(Failure::new(format!("Job validation errors:\n{}{places}", answer.error.trim_end())));
    }
    if !answer.warnings.is_empty() {
        shell.bold_line("Job Warnings:")?;
        shell.line(&format!("{}\n", answer.warnings))?;
    }
    shell.line("Job validation successful")?;
    Ok(OK)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::shell;

    #[test]
    fn errors_fail_and_warnings_do_not() {
        let (mut sh, captured) = shell();
        let warned =
            JobValidateResponse { warnings: "1 warning:\n\n* x".into(), ..JobValidateResponse::default() };
        assert!(matches!(judge(&mut sh, &warned, || None), Ok(OK)));
        assert_eq!(captured.out(), "Job Warnings:\n1 warning:\n\n* x\n\nJob validation successful\n");
        let wrong = JobValidateResponse { error: "bad".into(), ..JobValidateResponse::default() };
        let failure = judge(&mut sh, &wrong, || None);
        assert_eq!(sh.finish(failure), 1);
        assert_eq!(captured.err(), "Job validation errors:\nbad\n");
    }
}
