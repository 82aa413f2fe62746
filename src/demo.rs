//! `demo`: an agent on loopback, a first job with an artifact, its progress and output; then the agent stays and says
//! how to talk to it.

use std::time::Duration;

use muster_api::RouteId;
use muster_api::table::{AllocRead, JobAllocations, JobRegister};
use muster_api::views::{AllocListStub, JobRegisterRequest, JobSubmissionView};
use muster_cli::{AgentFlags, DemoFlags};
use muster_hcl::{Inputs, Source};
use muster_sdk::{Client, ClientConfig, SdkError};

use crate::agent::{self, Running};

/// The job file, as printed.
const JOB: &str = include_str!("demo/hello.nomad.hcl");
/// What the job downloads before it starts.
const ARTIFACT: &str = include_str!("demo/greeting.sh");
/// How long the demo's job may take.
const PATIENCE: Duration = Duration::from_secs(60);

mod artifact;

pub fn main(flags: &DemoFlags) -> u8 {
    let runtime = match crate::runtime(2) {
        Ok(runtime) => runtime,
        Err(error) => return crate::fail(&format!("cannot start the runtime: {error}")),
    };
    match runtime.block_on(run(flags)) {
        Ok(()) => 0,
        Err(reason) => crate::fail(&format!("the demo failed: {reason}")),
    }
}

async fn run(flags: &DemoFlags) -> Result<(), String> {
    say!("==> Starting an agent (server and client) on this machine's loopback address");
    let agent_flags = AgentFlags { dev: true, log_level: Some("ERROR".to_owned()), ..AgentFlags::default() };
    let running = agent::start(agent_flags, flags.http_port).await?;
    let address = running.address();
    say!("    The API answers at {address}");
    let outcome = first_job(&address).await;
    if outcome.is_ok() && !flags.no_stay {
        stay(&running, &address).await;
    }
    running.shutdown().await;
    outcome
}

async fn first_job(address: &str) -> Result<(), String> {
    let client = Client::new(ClientConfig { address: address.to_owned(), ..ClientConfig::default() });
    let client = client.map_err(text)?;
    let (url, checksum) = artifact::serve(ARTIFACT).await?;
    say!("==> Submitting this job:\n");
    JOB.lines().for_each(|line| say!("    {line}"));
    say!();
    register(&client, &url, &checksum).await?;
    let alloc = follow(&client).await?;
    say!("==> The task's output:\n");
    let query = [("task", "hello"), ("type", "stdout"), ("plain", "true")];
    let mut pieces = client.stream(RouteId::AllocLogs, &[&alloc], &query).await.map_err(text)?;
    while let Some(piece) = pieces.next().await.map_err(text)? {
        String::from_utf8_lossy(&piece).lines().for_each(|line| say!("    {line}"));
    }
    say!();
    Ok(())
}

async fn register(client: &Client, url: &str, checksum: &str) -> Result<(), String> {
    let source = Source { name: "hello.nomad.hcl".to_owned(), text: JOB.to_owned() };
    let vars = [("artifact_url", url), ("artifact_checksum", checksum)];
    let vars = vars.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let inputs = Inputs { vars: vars.into(), ..Inputs::default() };
    let job = muster_jobspec::parse_hcl(&source, &inputs).map_err(|diagnostics| {
        diagnostics.iter().map(|diagnostic| diagnostic.render(&source)).collect::<Vec<_>>().join("\n")
    })?;
    let submission =
        JobSubmissionView { source: JOB.to_owned(), format: "hcl2".to_owned(), ..Default::default() };
    let request = JobRegisterRequest { job: Some(job), submission: Some(submission), ..Default::default() };
    client.send_json::<JobRegister>(&[], &[], &request).await.map_err(text)?;
    Ok(())
}

/// Prints the allocation's progress until it is over; gives its id.
async fn follow(client: &Client) -> Result<String, String> {
    say!("==> Progress");
    let (mut index, mut seen, mut shown) = (0, String::new(), 0);
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        let position = index.to_string();
        let query = [("index", position.as_str()), ("wait", "5s")];
        let answer = client.get::<JobAllocations>(&["hello"], &query).await.map_err(text)?;
        index = answer.index;
        if let Some(alloc) = answer.value.first() {
            shown = show_events(client, alloc, shown).await?;
            if alloc.client_status != seen {
                say!("    Allocation {} is {}", alloc.id.get(..8).unwrap_or(&alloc.id), alloc.client_status);
                seen.clone_from(&alloc.client_status);
            }
            match alloc.client_status.as_str() {
                "complete" => return Ok(alloc.id.clone()),
                "failed" | "lost" => return Err(format!("the job's allocation is {}", alloc.client_status)),
                _ => {}
            }
        }
        if tokio::time::Instant::now() > deadline {
            return Err(format!("the job did not finish within {PATIENCE:?}"));
        }
    }
}

/// Prints the task's events beyond the first `shown`.
async fn show_events(client: &Client, alloc: &AllocListStub, shown: usize) -> Result<usize, String> {
    let alloc = client.get::<AllocRead>(&[&alloc.id], &[]).await.map_err(text)?.value;
    let Some(state) = alloc.task_states.get("hello") else { return Ok(shown) };
    for event in state.events.iter().skip(shown) {
        say!("      {}: {}", event.kind, event.display_message);
    }
    Ok(state.events.len().max(shown))
}

async fn stay(running: &Running, address: &str) {
    say!("==> The agent stays until you press Ctrl-C. From another terminal:");
    let binary = std::env::current_exe().map_or_else(|_| "muster".into(), |path| path.display().to_string());
    if address != "http://127.0.0.1:4646" {
        say!("    export NOMAD_ADDR={address}");
    }
    for command in
        ["job status hello", "node status", "job run examples/hello.nomad.hcl", "alloc logs -job hello"]
    {
        say!("    {binary} {command}");
    }
    say!("    curl {address}/v1/jobs");
    let _graceful = running.wait().await;
    say!("==> Stopping; the demo leaves nothing behind");
}

#[expect(clippy::needless_pass_by_value, reason = "used as a function for map_err")]
fn text(error: SdkError) -> String {
    error.to_string()
}
