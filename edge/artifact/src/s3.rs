//! Objects of S3 and what speaks its language: one object, or all below a prefix.

mod address;
mod list;
mod request;

use std::collections::BTreeMap;

use muster_model::ArtifactMode;
use reqwest::{Client, Response, StatusCode};
use rusty_s3::actions::{GetObject, S3Action};
use rusty_s3::{Bucket, Credentials};

use crate::checksum::Hasher;
use crate::http::{HttpError, Problem, Session};
use crate::receive::receive;
use crate::staging::{Payload, Staging, blocking};
use crate::{ArtifactLimits, Reason};

pub use request::S3Request;

/// How long a signed address is good for: a request is sent at once.
const SIGNED_FOR: std::time::Duration = std::time::Duration::from_secs(900);
/// The longest error text and listing that is read.
const MAX_ANSWER_BYTES: usize = 8 << 20;

#[derive(Debug, thiserror::Error)]
pub enum S3Error {
    #[error("bucket `{bucket}` answered {status} {code}: {message}{hint}")]
    Answer { bucket: String, status: StatusCode, code: String, message: String, hint: &'static str },
    #[error("bucket `{bucket}` holds neither the object `{key}` nor any below `{key}/`")]
    Nothing { bucket: String, key: String },
    #[error("bucket `{bucket}` gave a list that is not understood: {problem}")]
    List { bucket: String, problem: String },
    #[error("bucket `{bucket}` cannot be addressed: {problem}")]
    Bucket { bucket: String, problem: String },
    #[error("object `{key}` has a name that no file can have: {problem}")]
    Key { key: String, problem: String },
}

/// A bucket and how to ask it.
pub(crate) struct Remote<'a> {
    client: Client,
    bucket: Bucket,
    credentials: Option<Credentials>,
    request: &'a S3Request,
    limits: &'a ArtifactLimits,
}

/// Fetches into an empty staging directory.
pub async fn fetch(
    request: &S3Request,
    session: &Session,
    environment: &BTreeMap<String, String>,
    limits: &ArtifactLimits,
    insecure: bool,
    staging: &std::sync::Arc<Staging>,
    hasher: Option<Hasher>,
) -> Result<(Payload, Option<Hasher>), Reason> {
    let client = session.client(request.endpoint(), insecure, limits.s3_timeout)?;
    let remote = Remote {
        client,
        bucket: request.bucket()?,
        credentials: request.credentials(environment),
        request,
        limits,
    };
    if request.may_be_object() {
        match remote.object(staging, hasher).await {
            Err(Reason::S3(S3Error::Answer { status: StatusCode::NOT_FOUND, code, .. }))
                if request.mode != ArtifactMode::File && code != "NoSuchBucket" => {}
            outcome => return outcome.map(|hasher| (Payload::File, hasher)),
        }
    }
    remote.below_prefix(staging).await?;
    Ok((Payload::Tree, None))
}

impl Remote<'_> {
    async fn object(
        &self,
        staging: &std::sync::Arc<Staging>,
        hasher: Option<Hasher>,
    ) -> Result<Option<Hasher>, Reason> {
        let response = self.get(&self.request.key).await?;
        let staging = std::sync::Arc::clone(staging);
        let file = blocking(move || staging.new_file()).await.and_then(|file| file);
        let file = file.map_err(Reason::write("download"))?;
        let received = receive(response, self.limits.max_bytes, file, hasher, &self.request.key).await?;
        Ok(received.hasher)
    }

    /// Asks for one object; signed when there are credentials.
    async fn get(&self, key: &str) -> Result<Response, Reason> {
        let mut action = GetObject::new(&self.bucket, self.credentials.as_ref(), key);
        if let Some(version) = &self.request.version {
            action.query_mut().insert("versionId", version.clone());
        }
        self.ask(action.sign(SIGNED_FOR)).await
    }

    async fn ask(&self, url: reqwest::Url) -> Result<Response, Reason> {
        let sent = self.client.get(url.clone()).send().await;
        let response = sent.map_err(|error| HttpError::transport(&url, &error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
            return Err(HttpError::new(&url, Problem::Status(status)).into());
        }
        let text = self.text(response).await.unwrap_or_default();
        let part = |name: &str| between(&text, name).unwrap_or_default().to_owned();
        let hint = match status {
            StatusCode::FORBIDDEN if self.credentials.is_none() => {
                "; no credentials were given: set aws_access_key_id and aws_access_key_secret"
            }
            StatusCode::MOVED_PERMANENTLY | StatusCode::TEMPORARY_REDIRECT | StatusCode::BAD_REQUEST => {
                "; is `region` the bucket's?"
            }
            _ => "",
        };
        let bucket = self.bucket.name().to_owned();
        Err(S3Error::Answer { bucket, status, code: part("Code"), message: part("Message"), hint }.into())
    }

    /// An answer that is text, bounded.
    async fn text(&self, mut response: Response) -> Result<String, Reason> {
        let url = response.url().clone();
        let mut text = Vec::new();
        while let Some(block) = response.chunk().await.map_err(|error| HttpError::transport(&url, &error))? {
            text.extend_from_slice(&block);
            if text.len() > MAX_ANSWER_BYTES {
                return Err(Reason::TooLarge(MAX_ANSWER_BYTES as u64));
            }
        }
        Ok(String::from_utf8_lossy(&text).into_owned())
    }
}

/// The text of an XML element that has no further ones in it.
fn between<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (_, after) = text.split_once(&format!("<{name}>"))?;
    after.split_once(&format!("</{name}>")).map(|(inner, _)| inner)
}
