//! Websockets: taking a request over, and ending one with a reason.
//!
//! A page in a browser may open a websocket to any host, and the browser would not stop it. So the origin is checked
//! here once more, whatever the listener's guard let through: a page of another origin never gets one.

use std::future::Future;
use std::time::Duration;

use bytes::Bytes;
use futures::{SinkExt, StreamExt};
use http::{HeaderMap, HeaderValue, Request, StatusCode, header};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};

use super::body::{self, ApiResponse};
use super::error::ApiError;
use super::guard;
use super::listener::Place;

pub(crate) type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// The largest message a caller may send.
const MAX_MESSAGE: usize = 1 << 20;
/// Connections that were taken over, in this process.
static PLACES: Semaphore = Semaphore::const_new(1024);
/// How long the caller may take to answer a close.
const CLOSE_PATIENCE: Duration = Duration::from_secs(5);
/// Of a close's reason, which must fit a control frame.
const MAX_REASON: usize = 123;

/// A request that asks for a websocket and may have one.
#[derive(Debug)]
pub(crate) struct Offer {
    accept: HeaderValue,
    upgrade: OnUpgrade,
    /// The connection goes on to count as one of the listener's.
    place: Option<Place>,
}

impl Offer {
    /// # Errors
    /// 400 when it is no such request, 426 for another version of the protocol, 403 for a foreign page.
    pub(crate) fn take<B>(request: &mut Request<B>) -> Result<Self, ApiError> {
        let headers = request.headers();
        if !is_asked_for(headers) {
            return Err(required());
        }
        if headers.get(header::SEC_WEBSOCKET_VERSION).is_none_or(|version| version != "13") {
            let text =
                "only version 13 of the websocket protocol is spoken: send `Sec-WebSocket-Version: 13`";
            return Err(ApiError::new(StatusCode::UPGRADE_REQUIRED, text));
        }
        guard::same_page(request.uri(), headers)?;
        let key = headers.get(header::SEC_WEBSOCKET_KEY);
        let key = key.ok_or_else(|| ApiError::bad_request("`Sec-WebSocket-Key` is missing"))?;
        let accept = HeaderValue::try_from(derive_accept_key(key.as_bytes()));
        let accept = accept.map_err(|_| ApiError::bad_request("`Sec-WebSocket-Key` is malformed"))?;
        let place = request.extensions().get::<Place>().cloned();
        Ok(Self { accept, upgrade: hyper::upgrade::on(request), place })
    }

    /// Answers yes, and serves the websocket on a task of its own.
    ///
    /// # Errors
    /// 503 when too many are open.
    pub(crate) fn accept<F>(
        self,
        serve: impl FnOnce(Socket) -> F + Send + 'static,
    ) -> Result<ApiResponse, ApiError>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let place = place()?;
        tokio::spawn(async move {
            match self.upgrade.await {
                Ok(upgraded) => {
                    let config = WebSocketConfig::default()
                        .max_message_size(Some(MAX_MESSAGE))
                        .max_frame_size(Some(MAX_MESSAGE));
                    let io = TokioIo::new(upgraded);
                    serve(WebSocketStream::from_raw_socket(io, Role::Server, Some(config)).await).await;
                }
                Err(error) => tracing::debug!(%error, "http: a websocket did not come about"),
            }
            drop((place, self.place));
        });
        let mut response = http::Response::new(body::full(Bytes::new()));
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = response.headers_mut();
        headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, self.accept);
        Ok(response)
    }
}

/// The answer to a plain request.
pub(crate) fn required() -> ApiError {
    ApiError::bad_request("this path is a websocket: the request must upgrade the connection to `websocket`")
}

/// Whether a request wants its connection upgraded to a websocket.
pub(crate) fn is_asked_for(headers: &HeaderMap) -> bool {
    let names = |header: header::HeaderName, word: &str| {
        let values = headers.get_all(header).into_iter().filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split(',')).any(|part| part.trim().eq_ignore_ascii_case(word))
    };
    names(header::CONNECTION, "upgrade") && names(header::UPGRADE, "websocket")
}

/// The right to one connection that is taken over.
///
/// # Errors
/// 503 when too many are.
pub(crate) fn place() -> Result<SemaphorePermit<'static>, ApiError> {
    let full = || {
        let text = "this agent holds its limit of open websockets: close some, or try again later";
        ApiError::new(StatusCode::SERVICE_UNAVAILABLE, text)
    };
    PLACES.try_acquire().map_err(|_| full())
}

/// Why a websocket ends.
#[derive(Debug)]
pub(crate) enum Ending {
    /// All was said.
    Done,
    /// As the same error would be answered before the upgrade.
    Refused(ApiError),
}

/// Says goodbye, and waits a moment for the answer, so that nothing said before is lost.
pub(crate) async fn close(mut socket: Socket, ending: Ending) {
    let (code, reason) = match ending {
        Ending::Done => (CloseCode::Normal, String::new()),
        Ending::Refused(error) if error.status.is_server_error() => (CloseCode::Error, error.message),
        Ending::Refused(error) => (CloseCode::Policy, error.message),
    };
    let reason = reason.get(..reason.floor_char_boundary(MAX_REASON)).unwrap_or_default();
    let frame = CloseFrame { code, reason: reason.into() };
    let farewell = async {
        // After the caller's own close only our answer to it is left to send.
        let said = socket.send(Message::Close(Some(frame))).await.is_ok();
        if socket.flush().await.is_ok() && said {
            while let Some(Ok(_)) = socket.next().await {}
        }
        // Bytes that nobody reads would cut the connection, and what was said last with it.
        let _ended = tokio::io::copy(socket.get_mut(), &mut tokio::io::sink()).await;
    };
    // A caller that is gone hears nothing.
    let _gone = tokio::time::timeout(CLOSE_PATIENCE, farewell).await;
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn take(pairs: &[(&str, &str)]) -> u16 {
        let mut request = Request::builder().uri("/v1/x").header("host", "localhost:4646");
        for (name, value) in pairs {
            request = request.header(*name, *value);
        }
        let mut request = request.body(()).unwrap();
        Offer::take(&mut request).map_or_else(|error| error.status.as_u16(), |_| 101)
    }

    const GOOD: [(&str, &str); 4] = [
        ("connection", "keep-alive, Upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];

    #[test]
    fn only_whole_requests_of_programs_and_own_pages_are_taken() {
        assert_eq!(take(&GOOD), 101);
        assert_eq!(take(&[&GOOD[..], &[("origin", "http://localhost:4646")]].concat()), 101);
        for origin in ["http://evil.example", "http://localhost:8080", "null"] {
            assert_eq!(take(&[&GOOD[..], &[("origin", origin)]].concat()), 403, "{origin}");
        }
        assert_eq!(take(&[&GOOD[..], &[("sec-fetch-site", "cross-site")]].concat()), 403);
        assert_eq!(take(&GOOD[1..]), 400);
        assert_eq!(take(&GOOD[..3]), 400);
        assert_eq!(take(&[GOOD[0], GOOD[1], GOOD[3], ("sec-websocket-version", "8")]), 426);
    }
}
