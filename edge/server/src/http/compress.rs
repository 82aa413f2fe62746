//! gzip for those who accept it: JSON and text answers that are worth it, never streams that somebody follows.

use std::io::Write;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures::StreamExt;
use http::{HeaderMap, HeaderValue, header};
use http_body_util::BodyExt;
use hyper::body::Body;

use super::body::{self, ApiBody, ApiResponse, BoxError, Compressible};
use super::listing::aside;

/// Below this the headers weigh as much as what is saved.
const WORTH_BYTES: u64 = 1024;

/// Up to this a whole body is compressed where it is.
const AT_ONCE_BYTES: u64 = 64 * 1024;

/// Compresses the body when the request allows it and it pays.
pub(super) async fn apply(accepts: bool, mut response: ApiResponse) -> ApiResponse {
    if response.extensions_mut().remove::<Compressible>().is_none() {
        return response;
    }
    let size = response.body().size_hint().exact();
    if size.is_some_and(|size| size < WORTH_BYTES) {
        return response;
    }
    response.headers_mut().append(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    if !accepts {
        return response;
    }
    response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    let (parts, body) = response.into_parts();
    let small = size.is_some_and(|size| size <= AT_ONCE_BYTES);
    let body = if small { at_once(body).await } else { in_pieces(body) };
    ApiResponse::from_parts(parts, body)
}

/// Whether the client takes gzip: it is named, or everything is, and not with a weight of zero.
pub(super) fn accepts(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let mut any = false;
    for one in values.flat_map(|value| value.split(',')) {
        let (name, parameters) = one.split_once(';').unwrap_or((one, ""));
        let weight = parameters.trim().strip_prefix("q=").map_or(Ok(1.0), str::parse::<f32>);
        let wanted = weight.is_ok_and(|weight| weight > 0.0);
        match name.trim() {
            "gzip" | "x-gzip" => return wanted,
            "*" => any = wanted,
            _ => {}
        }
    }
    any
}

type Encoder = GzEncoder<Vec<u8>>;

fn encoder() -> Encoder {
    Encoder::new(Vec::new(), Compression::fast())
}

/// A whole body is in memory already: there is nothing to wait for.
async fn at_once(body: ApiBody) -> ApiBody {
    let whole = match body.collect().await {
        Ok(collected) => collected.to_bytes(),
        Err(error) => return body::streaming(futures::stream::iter([Err(error)])),
    };
    let mut encoder = encoder();
    let done = encoder.write_all(&whole).and_then(|()| encoder.finish());
    match done {
        Ok(bytes) => body::full(bytes),
        Err(error) => body::streaming(futures::stream::iter([Err(error.into())])),
    }
}

/// Each piece on a thread beside those that serve requests; one piece is in memory at a time.
fn in_pieces(body: ApiBody) -> ApiBody {
    let pieces = body.into_data_stream();
    let out = futures::stream::unfold(Some((pieces, encoder())), async |state| {
        let (mut pieces, encoder) = state?;
        match pieces.next().await {
            Some(Err(error)) => Some((Err(error), None)),
            Some(Ok(piece)) => match aside(move || deflate(encoder, &piece)).await {
                Ok(Ok((bytes, encoder))) => Some((Ok(bytes), Some((pieces, encoder)))),
                Ok(Err(error)) => Some((Err(error), None)),
                Err(error) => Some((Err(error.message.into()), None)),
            },
            None => Some((encoder.finish().map(Bytes::from).map_err(Into::into), None)),
        }
    });
    // The encoder keeps small pieces to itself for a while; an empty frame would end a chunked body.
    body::streaming(out.filter(|piece| {
        let send = piece.as_ref().map_or(true, |bytes| !bytes.is_empty());
        std::future::ready(send)
    }))
}

fn deflate(mut encoder: Encoder, piece: &[u8]) -> Result<(Bytes, Encoder), BoxError> {
    encoder.write_all(piece)?;
    let bytes = std::mem::take(encoder.get_mut());
    Ok((bytes.into(), encoder))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use std::io::Read;

    use super::*;

    fn asks(value: &'static str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(value));
        accepts(&headers)
    }

    #[test]
    fn weights_and_wildcards_are_understood() {
        for yes in ["gzip", "deflate, gzip;q=0.5", "*", "br;q=1, gzip", "x-gzip", "gzip; q=1"] {
            assert!(asks(yes), "{yes}");
        }
        for no in ["", "identity", "gzip;q=0", "*;q=0", "gzip;q=0, *", "gzip;q=x"] {
            assert!(!asks(no), "{no}");
        }
        assert!(!accepts(&HeaderMap::new()));
    }

    #[tokio::test]
    async fn what_is_compressed_reads_back_whole_or_in_pieces() {
        let text = "muster ".repeat(60_000);
        let pieces: Vec<Result<Bytes, BoxError>> =
            text.as_bytes().chunks(10_000).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
        for body in [
            body::full(text[..30_000].to_owned()),
            body::full(text.clone()),
            body::streaming(futures::stream::iter(pieces)),
        ] {
            let expected = if body.size_hint().exact() == Some(30_000) { &text[..30_000] } else { &text };
            let mut response = ApiResponse::new(body);
            response.extensions_mut().insert(Compressible);
            let response = apply(true, response).await;
            assert_eq!(response.headers()[header::CONTENT_ENCODING], "gzip");
            assert_eq!(response.headers()[header::VARY], "Accept-Encoding");
            let bytes = response.into_body().collect().await.unwrap().to_bytes();
            assert!(bytes.len() < expected.len() / 10);
            let mut back = String::new();
            flate2::read::GzDecoder::new(&*bytes).read_to_string(&mut back).unwrap();
            assert!(back == expected);
        }
    }

    #[tokio::test]
    async fn small_and_unmarked_bodies_stay_as_they_are() {
        let mut small = ApiResponse::new(body::full("x".repeat(1000)));
        small.extensions_mut().insert(Compressible);
        let unmarked = ApiResponse::new(body::full("x".repeat(10_000)));
        for response in [small, unmarked] {
            let response = apply(true, response).await;
            assert!(!response.headers().contains_key(header::CONTENT_ENCODING));
        }
    }
}
