//! Fetches one artifact: plan, download, verify, unpack, put in place.

mod payload;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use muster_model::ArtifactMode;
use tokio::time::timeout;

use crate::checksum::{Checksum, Hasher, Wanted};
use crate::git::GitContext;
use crate::http::{Ask, Session, follow};
use crate::receive::receive;
use crate::retry::retry;
use crate::source::{Plan, Source, without_secrets};
use crate::staging::{Payload, Staging, StopOnDrop, blocking};
use crate::{
    ArtifactError, ArtifactPlace, ArtifactSpec, ChecksumError, FetchSettings, Reason, Trust, destination,
    git, local, s3,
};
use payload::Delivery;

/// The largest list of checksums.
const MAX_LIST_BYTES: usize = 1 << 20;
/// For unpacking and moving, after the longest download.
const FINISH_TIME: Duration = Duration::from_secs(60);

/// Fetches artifacts for every task of the agent.
#[derive(Clone, Debug)]
pub struct Fetcher {
    settings: Arc<FetchSettings>,
    environment: Arc<BTreeMap<String, String>>,
    session: Session,
}

impl Fetcher {
    /// Takes the variables that the operator names from this process's environment, now.
    #[must_use]
    pub fn new(settings: FetchSettings, trust: Trust) -> Self {
        let of_agent = |name: &String| Some((name.clone(), std::env::var(name).ok()?));
        let environment: BTreeMap<String, String> =
            settings.environment.iter().filter_map(of_agent).collect();
        let session = Session::new(trust, &environment, home());
        Self { settings: Arc::new(settings), environment: Arc::new(environment), session }
    }

    /// Puts one artifact in place.
    ///
    /// # Errors
    /// When it could not be fetched, is not what it should be, or may not go where it is meant to.
    pub async fn fetch(&self, place: &ArtifactPlace, spec: &ArtifactSpec) -> Result<(), ArtifactError> {
        let limits = &self.settings.limits;
        let longest = limits.http_timeout.max(limits.s3_timeout).max(limits.git_timeout) + FINISH_TIME;
        let outcome = match timeout(longest, self.try_fetch(place, spec)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Reason::Timeout(longest)),
        };
        outcome.map_err(|reason| ArtifactError { source_text: without_secrets(&spec.source), reason })
    }

    async fn try_fetch(&self, place: &ArtifactPlace, spec: &ArtifactSpec) -> Result<(), Reason> {
        let plan = Plan::new(spec, self.settings.host_files)?;
        let target = destination::resolve(place, &spec.destination, spec.mode)?;
        let (alloc, task) = (place.alloc.try_clone(), place.task.clone());
        let made = blocking(move || alloc.and_then(|alloc| Staging::create(&alloc, &task))).await;
        let staging = Arc::new(made.and_then(|made| made).map_err(Reason::write("staging directory"))?);
        let stop = StopOnDrop(Arc::clone(&staging));
        let transfer = self.transfer(&plan, place, spec, &staging);
        let time = self.time(&plan.source);
        let payload = timeout(time, transfer).await.unwrap_or(Err(Reason::Timeout(time)));
        let outcome = match payload {
            Ok(payload) => {
                let delivery = Delivery {
                    plan,
                    target,
                    staging: Arc::clone(&staging),
                    mode: spec.mode,
                    owner: spec.owner,
                    settings: Arc::clone(&self.settings),
                };
                let delivered = blocking(move || delivery.deliver(payload)).await;
                delivered.unwrap_or_else(|error| Err(Reason::write("destination")(error)))
            }
            Err(reason) => Err(reason),
        };
        drop(stop);
        // The last one out removes what is left, which may be much.
        let removed = blocking(move || drop(staging)).await;
        removed.map_err(Reason::write("staging directory"))?;
        outcome
    }

    fn time(&self, source: &Source) -> Duration {
        let limits = &self.settings.limits;
        match source {
            Source::Http { .. } | Source::Host(_) => limits.http_timeout,
            Source::S3(_) => limits.s3_timeout,
            Source::Git(_) => limits.git_timeout,
        }
    }

    /// Downloads into the staging directory, and verifies.
    async fn transfer(
        &self,
        plan: &Plan,
        place: &ArtifactPlace,
        spec: &ArtifactSpec,
        staging: &Arc<Staging>,
    ) -> Result<Payload, Reason> {
        let limits = &self.settings.limits;
        let checksum = self.checksum(plan, spec).await?;
        let hasher = || checksum.as_ref().map(Checksum::hasher);
        let (payload, hasher) = match &plan.source {
            Source::Http { .. } => {
                let hasher = retry(limits, || self.http(plan, spec, staging, hasher())).await?;
                (Payload::File, hasher)
            }
            Source::S3(request) => {
                let fetched = retry(limits, || async {
                    cleared(staging).await?;
                    let environment = &self.environment;
                    s3::fetch(request, &self.session, environment, limits, spec.insecure, staging, hasher())
                        .await
                });
                fetched.await?
            }
            Source::Git(request) => {
                let staging_path = place.alloc_path.join(staging.name());
                let context = GitContext {
                    settings: &self.settings,
                    environment: &self.environment,
                    bundle: self.session.trust().bundle(),
                    insecure: spec.insecure,
                    staging_path: &staging_path,
                };
                git::fetch(request, &context, staging).await?;
                (Payload::Tree, None)
            }
            Source::Host(path) => {
                let (path, staging, hasher, limit) =
                    (path.clone(), Arc::clone(staging), hasher(), limits.max_bytes);
                let copied = blocking(move || local::copy(&path, &staging, hasher, limit)).await;
                copied.map_err(Reason::write("download"))??
            }
        };
        match (checksum, hasher) {
            (Some(checksum), Some(hasher)) => checksum.verify(hasher)?,
            (Some(_), None) => return Err(Reason::ChecksumOfDirectory),
            (None, _) => {}
        }
        Ok(payload)
    }

    /// One attempt at one file.
    async fn http(
        &self,
        plan: &Plan,
        spec: &ArtifactSpec,
        staging: &Arc<Staging>,
        hasher: Option<Hasher>,
    ) -> Result<Option<Hasher>, Reason> {
        let Source::Http { url, headers } = &plan.source else { return Ok(None) };
        if spec.mode == ArtifactMode::Dir && plan.archive.is_none() {
            return Err(Reason::NotDirectory);
        }
        let limits = &self.settings.limits;
        let client = self.session.client(url, spec.insecure, limits.http_timeout)?;
        let mut url = url.clone();
        self.session.identify(&mut url);
        let verified = plan.checksum.is_some();
        let ask = Ask { url, headers: headers.clone(), verified, max_redirects: limits.max_redirects };
        let response = follow(&client, &ask).await?;
        cleared(staging).await?;
        let staging = Arc::clone(staging);
        let file = blocking(move || staging.new_file()).await.and_then(|file| file);
        let file = file.map_err(Reason::write("download"))?;
        let received = receive(response, limits.max_bytes, file, hasher, &plan.file_name).await?;
        Ok(received.hasher)
    }

    /// The checksum itself, from its list where the job names one.
    async fn checksum(&self, plan: &Plan, spec: &ArtifactSpec) -> Result<Option<Checksum>, Reason> {
        let url = match &plan.checksum {
            None => return Ok(None),
            Some(Wanted::Value(checksum)) => return Ok(Some(checksum.clone())),
            Some(Wanted::Listed(url)) => url,
        };
        if matches!(plan.source, Source::Git(_)) {
            return Err(Reason::ChecksumOfDirectory);
        }
        let limits = &self.settings.limits;
        let shown = crate::http::shown(url);
        let list = retry(limits, || async {
            let client = self.session.client(url, spec.insecure, limits.http_timeout)?;
            let mut url = url.clone();
            self.session.identify(&mut url);
            let headers = reqwest::header::HeaderMap::new();
            // A list is verified by nothing but the connection it came over.
            let ask = Ask { url, headers, verified: false, max_redirects: limits.max_redirects };
            let mut response = follow(&client, &ask).await?;
            let mut list = Vec::new();
            while let Some(block) =
                response.chunk().await.map_err(|error| crate::HttpError::transport(&ask.url, &error))?
            {
                list.extend_from_slice(&block);
                if list.len() > MAX_LIST_BYTES {
                    return Err(ChecksumError::FileTooLarge(shown.clone()).into());
                }
            }
            Ok(String::from_utf8_lossy(&list).into_owned())
        });
        Ok(Some(Checksum::listed(&list.await?, &shown, &plan.listed_name)?))
    }
}

async fn cleared(staging: &Arc<Staging>) -> Result<(), Reason> {
    let staging = Arc::clone(staging);
    blocking(move || staging.clear())
        .await
        .and_then(|cleared| cleared)
        .map_err(Reason::write("staging directory"))
}

/// The home directory of the agent's account, by the system's list of accounts.
pub(crate) fn home() -> Option<PathBuf> {
    let id = muster_sys::users::effective_ids().0;
    muster_sys::users::lookup(&id.to_string()).ok().map(|account| account.home)
}
