//! The collection of jobs: list, register, parse, validate.

use std::sync::Arc;

use muster_acl::Denied;
use muster_api::views::{
    JobListStub, JobRegisterRequest, JobRegisterResponse, JobValidateRequest, JobValidateResponse,
    JobsParseRequest,
};
use muster_hcl::{Inputs, Source};
use muster_ids::{Index, JobId, Namespace};
use muster_jobspec::{Decided, JobInput, Preserve, ValidationError};
use muster_model::{Job, JobKey};
use muster_state::WatchKey;
use muster_state::command::{Command, JobRegister, Refusal, Reply};

use super::{admission, scheduler_config};
use crate::http::blocking::{Read, index_header};
use crate::http::body::{self, ApiResponse};
use crate::http::dispatch::Write;
use crate::http::error::ApiError;
use crate::http::filter;
use crate::http::listing::{ListResult, Listing};
use crate::http::page::ByName;
use crate::scoped::Scoped;

pub(crate) fn list(read: &Read<'_>) -> ListResult<JobListStub> {
    let jobs = read.state.jobs().filter(|job| job.id.as_str().starts_with(&read.options.prefix));
    stubs(read, jobs, vec![WatchKey::Jobs])
}

/// A page of those of `jobs` that are in the namespace asked for and fit the filter.
pub(crate) fn stubs<'a>(
    read: &Read<'_>,
    jobs: impl Iterator<Item = &'a Arc<Job>>,
    watch: Vec<WatchKey>,
) -> ListResult<JobListStub> {
    let with_meta = read.options.query.flag("meta", false)?;
    let jobs = jobs.filter(|job| read.options.namespace.covers(&job.namespace));
    let page = read.options.paginate(filter::jobs(read, jobs)?, |job| ByName(job.key()))?;
    let beside = read.state.beside();
    let view = move |job: Arc<Job>| JobListStub::new(&job, &beside.summary(&job), with_meta);
    Ok(Listing::new(page, watch, Arc::clone, view))
}

/// Decide, admit, propose, answer.
pub(crate) async fn register(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    register_as(write, None).await
}

/// Registers the job of the body; `id` is the one in the path, if the route has one.
pub(crate) async fn register_as(write: &Write<'_>, id: Option<&str>) -> Result<ApiResponse, ApiError> {
    let mut request: JobRegisterRequest = body::decode(&write.body)?;
    let mut input = request.job.take().ok_or_else(|| ApiError::bad_request("Job must be specified"))?;
    check_input(&input, id)?;
    scheduler_config::registration_is_open(write)?;
    if !(request.eval_priority == 0 || (1..=100).contains(&request.eval_priority)) {
        return Err(ApiError::bad_request("Eval priority must be between 1 and 100 inclusively"));
    }
    let namespace = namespace(write, &input, &request.namespace)?;
    keep(write, &mut input, &namespace, &request)?;
    let (job, warnings) =
        decide(write, input, &namespace)?.registrable().map_err(|reasons| invalid(&reasons))?;
    let response = propose(write, job, &request, warnings).await?;
    let index = response.index;
    let mut answer = body::json(&response, write.options.pretty)?;
    index_header(&mut answer, Index(index));
    Ok(answer)
}

/// What the job that is registered keeps, if that was asked for.
fn keep(
    write: &Write<'_>,
    input: &mut JobInput,
    namespace: &Namespace,
    request: &JobRegisterRequest,
) -> Result<(), ApiError> {
    let preserve = Preserve { counts: request.preserve_counts, resources: request.preserve_resources };
    if preserve.is_nothing() {
        return Ok(());
    }
    let id = JobId::new(input.id.as_deref().unwrap_or_default())?;
    let key = JobKey { namespace: namespace.clone(), id };
    let snapshot = write.shared.consensus.snapshot();
    if let Some(registered) = Scoped::new(&snapshot, write.grant).job(&key) {
        preserve.apply(input, &muster_jobspec::view(registered));
    }
    Ok(())
}

fn check_input(input: &JobInput, id: Option<&str>) -> Result<(), ApiError> {
    let mut groups = input.task_groups.iter().flatten();
    if input.kind.as_deref() == Some("system") && groups.any(|group| group.scaling.is_some()) {
        let text = "Task groups with job type system do not support scaling blocks";
        return Err(ApiError::bad_request(text));
    }
    match (input.id.as_deref(), id) {
        (None | Some(""), _) => Err(ApiError::bad_request("Job ID hasn't been provided")),
        (Some(given), Some(path)) if given != path => {
            Err(ApiError::bad_request("Job ID does not match name"))
        }
        _ => Ok(()),
    }
}

async fn propose(
    write: &Write<'_>,
    job: Job,
    request: &JobRegisterRequest,
    warnings: Vec<String>,
) -> Result<JobRegisterResponse, ApiError> {
    let command = Command::JobRegister(Box::new(JobRegister {
        job,
        eval_id: write.shared.ids.eval(),
        enforce_index: request.enforce_index.then_some(Index(request.job_modify_index)),
        submission: request.submission.as_ref().map(muster_api::views::JobSubmissionView::decide),
        eval_priority: (request.eval_priority > 0).then_some(request.eval_priority),
    }));
    let (index, reply) = write.shared.propose(command).await?;
    let Reply::JobRegistered { job_modify_index, eval_id } = reply else {
        return Err(ApiError::internal("the log answered with another command's reply"));
    };
    let eval_create_index = if eval_id.is_some() { index.0 } else { 0 };
    Ok(JobRegisterResponse {
        eval_id: eval_id.map(|id| id.to_string()).unwrap_or_default(),
        eval_create_index,
        job_modify_index: job_modify_index.0,
        warnings: warning_text(&warnings),
        index: index.0,
        ..JobRegisterResponse::default()
    })
}

/// The namespace that the query, the body or the job names, in this order; the caller must be allowed there.
pub(super) fn namespace(write: &Write<'_>, input: &JobInput, body: &str) -> Result<Namespace, ApiError> {
    let named = [write.options.query.get("namespace"), Some(body), input.namespace.as_deref()];
    let named = named.into_iter().flatten().find(|name| !name.is_empty());
    let namespace = named.map_or_else(|| Ok(Namespace::default_namespace()), Namespace::new)?;
    match write.grant.allows_namespace(&namespace) {
        true => Ok(namespace),
        false => Err(Denied.into()),
    }
}

/// Fills in defaults and validates.
pub(super) fn decide(
    write: &Write<'_>,
    mut input: JobInput,
    namespace: &Namespace,
) -> Result<Decided, ApiError> {
    input.namespace = Some(namespace.to_string());
    check_region(write, &mut input)?;
    admission::fill_pool(write, &mut input, namespace);
    let decided = muster_jobspec::decide(input, &write.shared.job_limits);
    let decided = decided.map_err(|errors| invalid(&errors))?;
    admission::judge(write, &decided.job)?;
    Ok(advised(write, decided))
}

/// With what the author should know of the cluster as it is now.
fn advised(write: &Write<'_>, mut decided: Decided) -> Decided {
    let config = write.shared.consensus.snapshot().scheduler_config_in(&decided.job.node_pool);
    decided.warnings.extend(muster_jobspec::advice(&decided.job, &config));
    decided
}

/// The contract answers a job that breaks a rule with 500.
fn invalid(errors: &[ValidationError]) -> ApiError {
    ApiError::internal(muster_jobspec::validation_message(errors))
}

/// `global` means the agent's own region; any other region is another cluster's.
fn check_region(write: &Write<'_>, input: &mut JobInput) -> Result<(), ApiError> {
    let own = write.shared.region.as_str();
    match input.region.as_deref() {
        None | Some("" | "global") => input.region = Some(own.to_owned()),
        Some(region) if region == own => {}
        Some(_) => return Err(ApiError::internal("No path to region")),
    }
    Ok(())
}

pub(crate) fn parse(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    let request: JobsParseRequest = body::decode(&write.body)?;
    if request.job_hcl.is_empty() {
        return Err(ApiError::bad_request("Job spec is empty"));
    }
    let source = Source { name: "input.hcl".to_owned(), text: request.job_hcl };
    let var_files = match request.variables.is_empty() {
        true => Vec::new(),
        false => vec![Source { name: "input.vars".to_owned(), text: request.variables }],
    };
    let inputs = Inputs { var_files, ..Inputs::default() };
    let parsed = muster_jobspec::parse_hcl_with_places(&source, &inputs);
    let (input, places) = parsed.map_err(|diagnostics| {
        let lines: Vec<String> = diagnostics.iter().map(|diagnostic| diagnostic.render(&source)).collect();
        ApiError::bad_request(format!("Failed to parse job: {}", lines.join("\n")))
    })?;
    match request.canonicalize {
        false => body::json(&input, write.options.pretty),
        true => {
            let decided = muster_jobspec::decide(input, &write.shared.job_limits).map_err(|errors| {
                let lines: Vec<String> =
                    places.locate(&errors).iter().map(|found| found.render(&source)).collect();
                ApiError::bad_request(format!("Failed to parse job: {}", lines.join("\n")))
            })?;
            body::json(&muster_jobspec::view(&decided.job), write.options.pretty)
        }
    }
}

pub(crate) fn validate(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    let request: JobValidateRequest = body::decode(&write.body)?;
    let mut input = request.job.ok_or_else(|| ApiError::bad_request("Job must be specified"))?;
    // The job's own namespace counts here, never the query's.
    let named = input.namespace.as_deref().filter(|name| !name.is_empty()).unwrap_or("default");
    if let Ok(namespace) = Namespace::new(named) {
        if !write.grant.allows_namespace(&namespace) {
            return Err(Denied.into());
        }
        admission::fill_pool(write, &mut input, &namespace);
    }
    let decided = muster_jobspec::decide(input, &write.shared.job_limits);
    let refused = decided.as_ref().ok().and_then(|decided| admission::judge(write, &decided.job).err());
    // What a pool advises is only for those who may use it.
    let decided = match refused {
        None => decided.map(|decided| advised(write, decided)),
        Some(_) => decided,
    };
    body::json(&validation(decided, refused.as_ref()), write.options.pretty)
}

/// `refused` is what the cluster has against a job that is right in itself.
fn validation(
    decided: Result<Decided, Vec<ValidationError>>,
    refused: Option<&Refusal>,
) -> JobValidateResponse {
    match (decided, refused) {
        (Ok(decided), Some(refused)) => JobValidateResponse {
            driver_config_validated: true,
            error: refused.to_string(),
            validation_errors: Some(vec![refused.to_string()]),
            warnings: warning_text(&decided.remarks()),
        },
        (Ok(decided), None) => JobValidateResponse {
            driver_config_validated: true,
            warnings: warning_text(&decided.remarks()),
            ..JobValidateResponse::default()
        },
        (Err(errors), _) => JobValidateResponse {
            driver_config_validated: true,
            error: muster_jobspec::validation_message(&errors),
            validation_errors: Some(errors.iter().map(ToString::to_string).collect()),
            ..JobValidateResponse::default()
        },
    }
}

/// Warnings as the contract words them: one string, a line each.
pub(super) fn warning_text(warnings: &[String]) -> String {
    if warnings.is_empty() {
        return String::new();
    }
    let noun = if warnings.len() == 1 { "warning" } else { "warnings" };
    let lines: Vec<String> = warnings.iter().map(|warning| format!("* {warning}")).collect();
    format!("{} {noun}:\n\n{}", warnings.len(), lines.join("\n"))
}
