//! What to ask which bucket for.

use std::collections::BTreeMap;

use muster_model::ArtifactMode;
use reqwest::Url;
use rusty_s3::{Bucket, Credentials, UrlStyle};

use super::S3Error;
use super::address::BucketAddress;
use crate::SourceError;
use crate::source::Options;

const DEFAULT_REGION: &str = "us-east-1";
const OPTIONS: &str = "region, version, aws_access_key_id, aws_access_key_secret, aws_access_token, archive, checksum and filename";

/// Its credentials are never shown.
pub struct S3Request {
    address: BucketAddress,
    pub key: String,
    region: Option<String>,
    pub version: Option<String>,
    credentials: Option<Credentials>,
    pub mode: ArtifactMode,
}

impl std::fmt::Debug for S3Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("S3Request")
            .field("address", &self.address)
            .field("mode", &self.mode)
            .finish_non_exhaustive()
    }
}

impl S3Request {
    pub fn new(url: &Url, mut options: Options, mode: ArtifactMode) -> Result<Self, SourceError> {
        let address = BucketAddress::new(url)?;
        let region = options.take_text("region");
        let version = options.take_text("version");
        let id = options.take_text("aws_access_key_id");
        let secret = options.take_text("aws_access_key_secret");
        let token = options.take_text("aws_access_token");
        options.finish("S3", OPTIONS)?;
        let credentials = match (id, secret) {
            (Some(id), Some(secret)) => Some(credentials(id, secret, token)),
            (None, None) => None,
            _ => {
                return Err(SourceError::OptionValue {
                    name: "aws_access_key_id",
                    value: "…".to_owned(),
                    problem: "aws_access_key_id and aws_access_key_secret belong together",
                });
            }
        };
        Ok(Self { key: address.key.clone(), address, region, version, credentials, mode })
    }

    pub const fn endpoint(&self) -> &Url {
        &self.address.endpoint
    }

    /// Whether the key can be an object's at all.
    pub fn may_be_object(&self) -> bool {
        self.mode != ArtifactMode::Dir && !self.key.is_empty() && !self.key.ends_with('/')
    }

    /// What keys of a directory begin with.
    pub fn prefix(&self) -> String {
        if self.key.is_empty() || self.key.ends_with('/') {
            self.key.clone()
        } else {
            format!("{}/", self.key)
        }
    }

    pub fn bucket(&self) -> Result<Bucket, S3Error> {
        let BucketAddress { endpoint, bucket, amazon, .. } = &self.address;
        let bad = |problem: String| S3Error::Bucket { bucket: bucket.clone(), problem };
        let mut endpoint = endpoint.clone();
        let region = self.region.as_ref().or(self.address.region.as_ref());
        if *amazon && let (None, Some(region)) = (&self.address.region, region) {
            let host = endpoint.host_str().unwrap_or_default().replacen("s3.", &format!("s3.{region}."), 1);
            endpoint.set_host(Some(&host)).map_err(|error| bad(error.to_string()))?;
        }
        // A dot in the name would not match the certificate.
        let style = if *amazon && !bucket.contains('.') { UrlStyle::VirtualHost } else { UrlStyle::Path };
        let region = region.cloned().unwrap_or_else(|| DEFAULT_REGION.to_owned());
        Bucket::new(endpoint, style, bucket.clone(), region).map_err(|error| bad(error.to_string()))
    }

    /// The job's, else those that the operator lets downloads see, else none.
    pub fn credentials(&self, environment: &BTreeMap<String, String>) -> Option<Credentials> {
        let of = |name: &str| environment.get(name).filter(|value| !value.is_empty()).cloned();
        self.credentials.clone().or_else(|| {
            Some(credentials(of("AWS_ACCESS_KEY_ID")?, of("AWS_SECRET_ACCESS_KEY")?, of("AWS_SESSION_TOKEN")))
        })
    }
}

fn credentials(id: String, secret: String, token: Option<String>) -> Credentials {
    match token {
        Some(token) => Credentials::new_with_token(id, secret, token),
        None => Credentials::new(id, secret),
    }
}
