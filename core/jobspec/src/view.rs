//! The shape in which the API answers a job.
use muster_model::Job;

use crate::JobInput;

/// The shape `GET /v1/job/:id` answers.
#[must_use]
pub fn view(job: &Job) -> JobInput {
    JobInput { id: Some(job.id.to_string()), ..JobInput::default() }
}
