//! The client: one method per way of calling a route.

use bytes::Bytes;
use muster_api::route::{Method, Route, Row};
use muster_api::{RouteId, path};
use reqwest::{ClientBuilder, RequestBuilder, Response};

use crate::transport::{Place, build, chain};
use crate::{ClientConfig, Frames, SdkError};

/// Calls an agent. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    config: ClientConfig,
    place: Place,
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
        let place = Place::parse(&config.address)?;
        let http = build(&config, &place, std::convert::identity)?;
        Ok(Self { http, config, place })
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
        format!("{}{path}", self.place.url)
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
        let mut request = self.authorized(self.http.request(method, self.url(path)).query(&common));
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
        let http = build(&self.config, &self.place, ClientBuilder::http1_only)?;
        let one_connection = Self { http, ..self.clone() };
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
        let url = format!("{}{}", self.place.url, path::fill(row, params));
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
        self.authorized(request)
    }

    /// With whatever says who is asking.
    fn authorized(&self, mut request: RequestBuilder) -> RequestBuilder {
        if let Some(auth) = &self.config.http_auth {
            let (user, password) = auth.expose().split_once(':').unwrap_or((auth.expose(), ""));
            request = request.basic_auth(user, Some(password));
        }
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

fn unreachable_agent(address: &str, error: &reqwest::Error) -> SdkError {
    SdkError::Unreachable { address: address.to_owned(), reason: chain(error) }
}
