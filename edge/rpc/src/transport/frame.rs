//! Frames: four bytes of length, big-endian, then that many bytes of MessagePack with field names.
//!
//! Memory follows the bytes that arrived, never the length that was announced.

use std::io;

use bytes::{Buf, BufMut, BytesMut};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncRead, AsyncReadExt};

const HEADER: usize = 4;

/// Room made ahead of the bytes that have arrived.
const STEP: usize = 16 << 10;

/// The most of it for a peer that has sent frames as large.
const MAX_PROVEN: usize = 128 << 10;

/// Messages nest a dozen levels; deeper ones aim at the stack.
const MAX_DEPTH: usize = 96;

#[derive(Debug, thiserror::Error)]
pub(crate) enum FrameError {
    #[error("a frame of {size} bytes is over the limit of {limit}")]
    TooLarge { size: usize, limit: usize },
    #[error("{0}")]
    Malformed(String),
    #[error("{0}")]
    Encode(String),
    #[error("the stream ended within a frame")]
    Cut,
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// A frame ready to be written.
pub(crate) fn encode<T: Serialize>(message: &T, limit: usize) -> Result<BytesMut, FrameError> {
    let mut frame = BytesMut::new();
    frame.put_u32(0);
    let mut writer = frame.writer();
    rmp_serde::encode::write_named(&mut writer, message)
        .map_err(|error| FrameError::Encode(error.to_string()))?;
    let mut frame = writer.into_inner();
    let size = frame.len() - HEADER;
    let announced = u32::try_from(size).ok().filter(|_| size <= limit);
    let announced = announced.ok_or(FrameError::TooLarge { size, limit })?;
    if let Some(header) = frame.first_chunk_mut::<HEADER>() {
        *header = announced.to_be_bytes();
    }
    Ok(frame)
}

pub(crate) fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, FrameError> {
    let mut deserializer = rmp_serde::Deserializer::from_read_ref(body);
    deserializer.set_max_depth(MAX_DEPTH);
    T::deserialize(&mut deserializer).map_err(|error| FrameError::Malformed(error.to_string()))
}

/// Cuts a byte stream into frames. Every method may be cancelled and called again: nothing is lost.
#[derive(Debug)]
pub(crate) struct FrameReader {
    buffer: BytesMut,
    limit: usize,
    /// The largest frame that has arrived whole, up to a limit: room for as much is made at once.
    proven: usize,
}

impl FrameReader {
    pub(crate) fn new(limit: usize) -> Self {
        Self { buffer: BytesMut::new(), limit, proven: STEP }
    }

    /// The size of the next frame, as soon as its header is here; `None` at a clean end.
    pub(crate) async fn next_size<R: AsyncRead + Unpin>(
        &mut self,
        stream: &mut R,
    ) -> Result<Option<usize>, FrameError> {
        loop {
            if let Some(header) = self.buffer.first_chunk::<HEADER>() {
                let size = usize::try_from(u32::from_be_bytes(*header)).unwrap_or(usize::MAX);
                let limit = self.limit;
                return if size <= limit {
                    Ok(Some(size))
                } else {
                    Err(FrameError::TooLarge { size, limit })
                };
            }
            if self.fill(stream, HEADER).await? == 0 {
                return if self.buffer.is_empty() { Ok(None) } else { Err(FrameError::Cut) };
            }
        }
    }

    /// The body of the next frame; `None` at a clean end.
    pub(crate) async fn next<R: AsyncRead + Unpin>(
        &mut self,
        stream: &mut R,
    ) -> Result<Option<BytesMut>, FrameError> {
        let Some(size) = self.next_size(stream).await? else { return Ok(None) };
        let whole = HEADER + size;
        while self.buffer.len() < whole {
            if self.fill(stream, whole - self.buffer.len()).await? == 0 {
                return Err(FrameError::Cut);
            }
        }
        self.proven = self.proven.max(whole.min(MAX_PROVEN));
        let mut frame = self.buffer.split_to(whole);
        frame.advance(HEADER);
        Ok(Some(frame))
    }

    /// The next frame, decoded; its absence is an error.
    pub(crate) async fn message<T: DeserializeOwned, R: AsyncRead + Unpin>(
        &mut self,
        stream: &mut R,
    ) -> Result<T, FrameError> {
        let body = self.next(stream).await?.ok_or(FrameError::Cut)?;
        decode(&body)
    }

    /// Bytes read past the last frame.
    pub(crate) fn into_rest(self) -> BytesMut {
        self.buffer
    }

    async fn fill<R: AsyncRead + Unpin>(
        &mut self,
        stream: &mut R,
        missing: usize,
    ) -> Result<usize, FrameError> {
        // At least doubling keeps the copying linear.
        let room = missing.min(self.proven.max(self.buffer.len()));
        self.buffer.reserve(room);
        Ok(stream.read_buf(&mut self.buffer).await?)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]
    use proptest::prelude::*;

    use super::*;

    const LIMIT: usize = 1 << 16;

    fn block_on<F: std::future::Future>(future: F) -> F::Output {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn frames_come_back_however_they_are_cut(
            messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..4_000), 0..5),
            piece in 1_usize..500,
        ) {
            let bytes: Vec<u8> =
                messages.iter().flat_map(|message| encode(message, LIMIT * 8).unwrap().to_vec()).collect();
            let back = block_on(async {
                let (mut to, mut from) = tokio::io::duplex(piece);
                let write = async move { tokio::io::AsyncWriteExt::write_all(&mut to, &bytes).await.unwrap() };
                let read = async move {
                    let (mut reader, mut back) = (FrameReader::new(LIMIT * 8), Vec::new());
                    while let Some(body) = reader.next(&mut from).await.unwrap() {
                        back.push(decode::<Vec<u8>>(&body).unwrap());
                    }
                    back
                };
                tokio::join!(write, read).1
            });
            prop_assert_eq!(back, messages);
        }

        #[test]
        fn garbage_is_refused_or_understood_but_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            block_on(async {
                let mut reader = FrameReader::new(LIMIT);
                let mut stream = bytes.as_slice();
                while let Ok(Some(body)) = reader.next(&mut stream).await {
                    let _ = decode::<super::super::wire::Open>(&body);
                }
            });
        }
    }

    #[test]
    fn an_announced_length_allocates_nothing() {
        block_on(async {
            let mut reader = FrameReader::new(1 << 30);
            let mut stream: &[u8] = &[0x3f, 0xff, 0xff, 0xff, 1, 2, 3];
            assert!(matches!(reader.next(&mut stream).await, Err(FrameError::Cut)));
            assert!(reader.buffer.capacity() <= 2 * STEP, "{} bytes reserved", reader.buffer.capacity());
        });
    }

    #[test]
    fn a_frame_over_the_limit_is_refused_by_its_header_alone() {
        block_on(async {
            let mut stream: &[u8] = &[0, 1, 0, 1];
            match FrameReader::new(LIMIT).next(&mut stream).await {
                Err(FrameError::TooLarge { size, limit }) => assert_eq!((size, limit), (LIMIT + 1, LIMIT)),
                other => panic!("{other:?}"),
            }
        });
        assert!(matches!(encode(&vec![0_u8; 99], 10), Err(FrameError::TooLarge { .. })));
    }

    #[test]
    fn deep_nesting_is_refused_before_the_stack_ends() {
        let mut body = vec![0x91_u8; 100_000];
        body.push(0xc0);
        assert!(matches!(decode::<muster_model::Value>(&body), Err(FrameError::Malformed(_))));
    }
}
