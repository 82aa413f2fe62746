//! `operator scheduler`: how the cluster schedules.

pub(crate) mod get_config;
pub(crate) mod set_config;

use muster_api::table::SchedulerConfigRead;
use muster_api::views::SchedulerConfigResponse;
use muster_sdk::Client;

use crate::failure::Failure;

async fn read(client: &Client) -> Result<SchedulerConfigResponse, Failure> {
    let answer = client.get::<SchedulerConfigRead>(&[], &[]).await;
    Ok(answer.map_err(|error| Failure::request("querying scheduler configuration", &error))?.value)
}
