//! The client: one method per way of calling a route.

use std::error::Error;
use std::fs;
use std::path::Path;

use bytes::Bytes;
use muster_api::route::{Method, Route, Row};
use muster_api::{RouteId, path};
use reqwest::{Certificate, ClientBuilder, Identity, RequestBuilder, Response};

use crate::{ClientConfig, Frames, SdkError};

/// Calls an agent. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    config: ClientConfig,
}

/// An answer and the state index it was read at or written with.
#[derive(Debug, Clone)]
pub struct Answer<T> {
    pub value: T,
    pub index: u64,
    /// Pass it as `next_token` for the next page; `None` on the last.
    pub next_token: Option<String>,
}

type Query<'a> = [(&'a str, &'a str)];

impl Client {
    /// # Errors
    /// When the address or a certificate file cannot be used.
    pub fn new(config: ClientConfig) -> Result<Self, SdkError> {
        let valid = reqwest::Url::parse(&config.address).map_err(|error| error.to_string()).and_then(|url| {
            matches!(url.scheme(), "http" | "https")
                .then_some(())
                .ok_or_else(|| format!("scheme `{}`", url.scheme()))
        });
        valid.map_err(|reason| SdkError::Address { address: config.address.clone(), reason })?;
        let http = build(&config, std::convert::identity)?;
        Ok(Self { http, config })
    }

    #[must_use]
    pub const fn config(&self) -> &ClientConfig {
        &self.config
    }

    /// Calls a route that reads no body; `params` fill the path's captures in order.
    ///
    /// # Errors
    /// When the agent cannot be reached or answers with an error.
    pub async fn get<R: Route<Input = ()>>(
        &self,
        params: &[&str],
        query: &Query<'_>,
    ) -> Result<Answer<R::Output>, SdkError> {
        let row = R::row();
        answer(self.send(self.request(row, params, query)).await?, row).await
    }

    /// Calls a route with a JSON body.
    ///
    /// # Errors
    /// When the agent cannot be reached or answers with an error.
    pub async fn send_json<R: Route>(
        &self,
        params: &[&str],
        query: &Query<'_>,
        input: &R::Input,
    ) -> Result<Answer<R::Output>, SdkError> {
        let row = R::row();
        answer(self.send(self.request(row, params, query).json(input)).await?, row).await
    }

    /// Calls a route whose answer is a stream of bytes, such as a task's log.
    ///
    /// # Errors
    /// When the agent cannot be reached or answers with an error.
    pub async fn stream(
        &self,
        route: RouteId,
        params: &[&str],
        query: &Query<'_>,
    ) -> Result<Pieces, SdkError> {
        let row = route.row();
        let response = self.send(self.request(row, params, query)).await?;
        Ok(Pieces { response, address: self.config.address.clone() })
    }

    /// Calls a route whose answer is a stream of frames, such as a file that is followed.
    ///
    /// # Errors
    /// When the agent cannot be reached or answers with an error.
    pub async fn frames(
        &self,
        route: RouteId,
        params: &[&str],
        query: &Query<'_>,
    ) -> Result<Frames, SdkError> {
        Ok(Frames::new(self.stream(route, params, query).await?))
    }

    /// The whole address of a path.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.config.address.trim_end_matches('/'))
    }

    /// Sends any request, whatever the table knows; the answer may be an error of the API.
    ///
    /// # Errors
    /// When method or headers are none, or the agent cannot be reached.
    pub async fn raw(
        &self,
        method: &str,
        path: &str,
        headers: &[(String, String)],
        body: Option<Vec<u8>>,
    ) -> Result<RawAnswer, SdkError> {
        let method = reqwest::Method::from_bytes(method.as_bytes())
            .map_err(|_| SdkError::Setup(format!("`{method}` is not a method of HTTP")))?;
        let common = [("namespace", &self.config.namespace), ("region", &self.config.region)];
        let common = common.iter().filter_map(|(key, value)| Some((*key, value.as_deref()?)));
        let given = path.split_once('?').map_or("", |(_, query)| query);
        let names: Vec<&str> = given.split('&').filter_map(|pair| pair.split('=').next()).collect();
        let common: Vec<_> = common.filter(|(key, _)| !names.contains(key)).collect();
        let mut request = self.http.request(method, self.url(path)).query(&common);
        if let Some(token) = &self.config.token {
            request = request.header("X-Nomad-Token", token);
        }
        for (name, value) in headers {
            request = request.header(name, value);
        }
        if let Some(body) = body {
            request = request.body(body);
        }
        let response =
            request.send().await.map_err(|error| unreachable_agent(&self.config.address, &error))?;
        Ok(RawAnswer { pieces: Pieces { response, address: self.config.address.clone() } })
    }

    /// Asks for a connection of a websocket's own, which HTTP/2 does not give.
    pub(crate) async fn upgrade(
        &self,
        row: &Row,
        params: &[&str],
        query: &Query<'_>,
        key: &str,
    ) -> Result<Response, SdkError> {
        let http = build(&self.config, ClientBuilder::http1_only)?;
        let one_connection = Self { http, config: self.config.clone() };
        let request = one_connection.request(row, params, query);
        let request = request
            .header("Connection", "Upgrade")
            .header("Upgrade", "websocket")
            .header("Sec-WebSocket-Version", "13")
            .header("Sec-WebSocket-Key", key);
        let response =
            request.send().await.map_err(|error| unreachable_agent(&self.config.address, &error))?;
        if response.status().as_u16() == 101 {
            return Ok(response);
        }
        let status = response.status().as_u16();
        let message = response.text().await.unwrap_or_default();
        Err(SdkError::Status { status, message })
    }

    fn request(&self, row: &Row, params: &[&str], query: &Query<'_>) -> RequestBuilder {
        let url = format!("{}{}", self.config.address.trim_end_matches('/'), path::fill(row, params));
        let request = match row.methods.first() {
            None | Some(Method::Get) => self.http.get(url),
            Some(Method::Put) => self.http.put(url),
            Some(Method::Post) => self.http.post(url),
            Some(Method::Delete) => self.http.delete(url),
        };
        let common = [("namespace", &self.config.namespace), ("region", &self.config.region)];
        let common = common.iter().filter_map(|(key, value)| Some((*key, value.as_deref()?)));
        let given = query.iter().copied();
        let common: Vec<_> = common.filter(|(key, _)| !query.iter().any(|(given, _)| given == key)).collect();
        let request = request.query(&common.into_iter().chain(given).collect::<Vec<_>>());
        match &self.config.token {
            Some(token) => request.header("X-Nomad-Token", token),
            None => request,
        }
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, SdkError> {
        let response =
            request.send().await.map_err(|error| unreachable_agent(&self.config.address, &error))?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status().as_u16();
        let message = response.text().await.unwrap_or_default();
        Err(SdkError::Status { status, message })
    }
}

/// An answer as it came.
#[derive(Debug)]
pub struct RawAnswer {
    pieces: Pieces,
}

impl RawAnswer {
    /// Such as `200 OK`.
    #[must_use]
    pub fn status(&self) -> String {
        self.pieces.response.status().to_string()
    }

    #[must_use]
    pub fn is_success(&self) -> bool {
        self.pieces.response.status().is_success()
    }

    /// Names and values, as far as they are text.
    #[must_use]
    pub fn headers(&self) -> Vec<(String, String)> {
        let headers = self.pieces.response.headers().iter();
        headers
            .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())))
            .collect()
    }

    /// The next piece of the body; `None` at the end.
    ///
    /// # Errors
    /// When the connection broke.
    pub async fn next(&mut self) -> Result<Option<Bytes>, SdkError> {
        self.pieces.next().await
    }
}

/// The pieces of a streamed answer.
#[derive(Debug)]
pub struct Pieces {
    response: Response,
    address: String,
}

impl Pieces {
    /// The next piece; `None` at the end.
    ///
    /// # Errors
    /// When the connection broke.
    pub async fn next(&mut self) -> Result<Option<Bytes>, SdkError> {
        self.response.chunk().await.map_err(|error| unreachable_agent(&self.address, &error))
    }
}

async fn answer<T: serde::de::DeserializeOwned>(
    response: Response,
    row: &Row,
) -> Result<Answer<T>, SdkError> {
    let header =
        |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let index = header("x-nomad-index").and_then(|text| text.parse().ok()).unwrap_or(0);
    let next_token = header("x-nomad-nexttoken");
    let decode = |reason: String| SdkError::Decode { path: row.pattern.to_owned(), reason };
    let bytes = response.bytes().await.map_err(|error| decode(chain(&error)))?;
    let json: &[u8] = if bytes.is_empty() { b"null" } else { &bytes };
    let value = serde_json::from_slice(json).map_err(|error| decode(error.to_string()))?;
    Ok(Answer { value, index, next_token })
}

fn build(
    config: &ClientConfig,
    adjust: fn(ClientBuilder) -> ClientBuilder,
) -> Result<reqwest::Client, SdkError> {
    let mut builder = reqwest::Client::builder()
        .connect_timeout(config.connect_timeout)
        .tcp_nodelay(true)
        // An agent's address is meant as it is written: no proxy of the environment stands between.
        .no_proxy()
        .tls_danger_accept_invalid_certs(config.tls.skip_verify);
    if let Some(path) = &config.tls.ca {
        let certificates =
            Certificate::from_pem_bundle(&read(path)?).map_err(|error| tls_file(path, &error))?;
        builder = builder.tls_certs_only(certificates);
    }
    if let (Some(certificate), Some(key)) = (&config.tls.certificate, &config.tls.key) {
        let pem = [read(certificate)?, b"\n".to_vec(), read(key)?].concat();
        builder = builder.identity(Identity::from_pem(&pem).map_err(|error| tls_file(certificate, &error))?);
    }
    adjust(builder).build().map_err(|error| SdkError::Setup(chain(&error)))
}

fn read(path: &Path) -> Result<Vec<u8>, SdkError> {
    fs::read(path).map_err(|error| tls_file(path, &error))
}

fn tls_file(path: &Path, error: &dyn Error) -> SdkError {
    SdkError::TlsFile { path: path.display().to_string(), reason: chain(error) }
}

fn unreachable_agent(address: &str, error: &reqwest::Error) -> SdkError {
    SdkError::Unreachable { address: address.to_owned(), reason: chain(error) }
}

/// An error and its causes in one line: the outermost alone rarely says what happened.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let line = error.to_string();
        if !text.contains(&line) {
            text.push_str(": ");
            text.push_str(&line);
        }
        cause = error.source();
    }
    text
}
