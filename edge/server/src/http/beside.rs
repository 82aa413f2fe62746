//! What is answered beside the route table: OPTIONS, HEAD's missing body, and the root page.

use bytes::Bytes;
use http::{HeaderValue, Request, StatusCode, header};
use hyper::body::Body;
use muster_api::path;

use super::body::{self, ApiResponse};

const PAGE: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Muster</title>\
<h1>Muster</h1><p>This agent runs. Its web interface is not part of this build; use the command line, or the HTTP \
API as <a href=\"/v1/openapi.json\">/v1/openapi.json</a> describes it.</p></html>\n";

/// The answer to a request that is about no route.
pub(super) fn answer<B>(request: &Request<B>) -> Option<ApiResponse> {
    let uri = request.uri();
    match request.method().as_str() {
        "OPTIONS" => options(uri.path()),
        "GET" | "HEAD" => match uri.path() {
            "/" => Some(to_ui(uri.query())),
            "/ui" => Some(page()),
            path if path.starts_with("/ui/") => Some(page()),
            _ => None,
        },
        _ => None,
    }
}

/// Which methods a path has. Cross-origin requests are never allowed, so nothing else is said.
fn options(path: &str) -> Option<ApiResponse> {
    let mut names: Vec<&str> = path::methods(path).iter().map(|method| method.as_str()).collect();
    if names.is_empty() {
        return None;
    }
    if names.contains(&"GET") {
        names.push("HEAD");
    }
    names.push("OPTIONS");
    let mut response = body::empty();
    *response.status_mut() = StatusCode::NO_CONTENT;
    if let Ok(allow) = HeaderValue::from_str(&names.join(", ")) {
        response.headers_mut().insert(header::ALLOW, allow);
    }
    Some(response)
}

fn to_ui(query: Option<&str>) -> ApiResponse {
    let target = query.map_or_else(|| "/ui/".to_owned(), |query| format!("/ui/?{query}"));
    let mut response = body::empty();
    *response.status_mut() = StatusCode::TEMPORARY_REDIRECT;
    if let Ok(target) = HeaderValue::from_str(&target) {
        response.headers_mut().insert(header::LOCATION, target);
    }
    response
}

fn page() -> ApiResponse {
    let mut response = ApiResponse::new(body::full(PAGE));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'"));
    response
}

/// The headers of an answer to GET, as HEAD asks for them.
pub(super) fn without_body(response: ApiResponse) -> ApiResponse {
    let (mut parts, whole) = response.into_parts();
    if let Some(length) = whole.size_hint().exact() {
        parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
    parts.extensions.remove::<body::Compressible>();
    ApiResponse::from_parts(parts, body::full(Bytes::new()))
}
