//! `telemetry {}`

use std::time::Duration;

use crate::addresses::filled;
use crate::field::Exact;

block! {
    TelemetryInput {
        collection_interval: Duration,
        prometheus_metrics: bool,
        publish_allocation_metrics: bool,
        publish_node_metrics: bool,
        disable_hostname: bool,
        use_node_name: bool,
        in_memory_collection_interval: Duration,
        in_memory_retention_period: Duration,
        include_alloc_metadata_in_metrics: bool,
        disable_dispatched_job_summary_metrics: bool,
        allowed_metadata_keys_in_metrics: Vec<String>,
        prefix_filter: Vec<String>,
        filter_default: Exact<bool>,
        /// `host:port`, UDP.
        statsd_address: String,
        datadog_address: String,
        datadog_tags: Vec<String>,
    }
    no_effect {
        "statsite_address" "disable_quota_utilization_metrics"
        "disable_rpc_rate_metrics_labels"
        "disable_allocation_hook_metrics"
        "circonus_api_token" "circonus_api_app" "circonus_api_url" "circonus_submission_interval"
        "circonus_submission_url" "circonus_check_id" "circonus_check_force_metric_activation"
        "circonus_check_instance_id" "circonus_check_search_tag" "circonus_check_tags"
        "circonus_check_display_name" "circonus_broker_id" "circonus_broker_select_tag"
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TelemetryConfig {
    pub collection_interval: Duration,
    pub prometheus_metrics: bool,
    pub publish_allocation_metrics: bool,
    pub publish_node_metrics: bool,
    pub disable_hostname: bool,
    pub use_node_name: bool,
    pub in_memory_collection_interval: Duration,
    pub in_memory_retention_period: Duration,
    /// Labels of the metrics of allocations: what `meta` says of a task.
    pub include_alloc_metadata_in_metrics: bool,
    /// Leave out the counts of each job that was dispatched.
    pub disable_dispatched_job_summary_metrics: bool,
    /// Empty allows all.
    pub allowed_metadata_keys_in_metrics: Vec<String>,
    /// `+prefix` and `-prefix`.
    pub prefix_filter: Vec<String>,
    pub filter_default: bool,
    /// `host:port`, UDP.
    pub statsd_address: Option<String>,
    pub datadog_address: Option<String>,
    pub datadog_tags: Vec<String>,
}

impl TelemetryInput {
    pub(crate) fn decide(self, findings: &mut crate::decide::Findings) -> TelemetryConfig {
        let prefix_filter = self.prefix_filter.unwrap_or_default();
        for rule in prefix_filter.iter().filter(|rule| !rule.starts_with(['+', '-'])) {
            findings.error(format!(
                "`telemetry.prefix_filter` holds `{rule}`, which begins with neither + nor -; add one of them"
            ));
        }
        TelemetryConfig {
            collection_interval: self.collection_interval.unwrap_or(Duration::from_secs(1)),
            prometheus_metrics: self.prometheus_metrics.unwrap_or(false),
            publish_allocation_metrics: self.publish_allocation_metrics.unwrap_or(false),
            publish_node_metrics: self.publish_node_metrics.unwrap_or(false),
            disable_hostname: self.disable_hostname.unwrap_or(false),
            use_node_name: self.use_node_name.unwrap_or(false),
            in_memory_collection_interval: self
                .in_memory_collection_interval
                .unwrap_or(Duration::from_secs(10)),
            in_memory_retention_period: self.in_memory_retention_period.unwrap_or(Duration::from_secs(60)),
            include_alloc_metadata_in_metrics: self.include_alloc_metadata_in_metrics.unwrap_or(false),
            disable_dispatched_job_summary_metrics: self
                .disable_dispatched_job_summary_metrics
                .unwrap_or(false),
            allowed_metadata_keys_in_metrics: self.allowed_metadata_keys_in_metrics.unwrap_or_default(),
            prefix_filter,
            filter_default: self.filter_default.is_none_or(|default| default.0),
            statsd_address: filled(self.statsd_address),
            datadog_address: filled(self.datadog_address),
            datadog_tags: self.datadog_tags.unwrap_or_default(),
        }
    }
}
