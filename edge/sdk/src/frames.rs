//! Streamed files: frames of JSON that follow each other without anything in between.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::{Bytes, BytesMut};
use muster_api::views::StreamFrame;

use crate::{Pieces, SdkError};

/// More than any frame: 64 KiB of data in base64, with its path.
const MAX_FRAME: usize = 1 << 20;

/// One piece of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frame {
    /// Where `data` ends within its file.
    pub offset: u64,
    pub data: Bytes,
    pub file: String,
    /// `file deleted` or `file truncated`; empty when nothing happened.
    pub event: String,
}

/// Cuts a streamed answer into frames.
#[derive(Debug)]
pub struct Frames {
    pieces: Pieces,
    decoder: Decoder,
}

impl Frames {
    pub(crate) fn new(pieces: Pieces) -> Self {
        Self { pieces, decoder: Decoder::default() }
    }

    /// The next frame that says something; `None` at the end.
    ///
    /// # Errors
    /// When the connection broke or what came is no frame.
    pub async fn next(&mut self) -> Result<Option<Frame>, SdkError> {
        let malformed = |reason| SdkError::Decode { path: "a stream of frames".to_owned(), reason };
        loop {
            match self.decoder.next().map_err(malformed)? {
                Some(frame) if frame == Frame::default() => {}
                Some(frame) => return Ok(Some(frame)),
                None => match self.pieces.next().await? {
                    Some(piece) => self.decoder.buffer.extend_from_slice(&piece),
                    None if self.decoder.buffer.is_empty() => return Ok(None),
                    None => return Err(malformed("it ended within a frame".to_owned())),
                },
            }
        }
    }
}

#[derive(Debug, Default)]
struct Decoder {
    buffer: BytesMut,
    /// Bytes of the buffer known to hold no end of a frame.
    searched: usize,
}

impl Decoder {
    /// The next whole frame of the buffer.
    fn next(&mut self) -> Result<Option<Frame>, String> {
        loop {
            let rest = self.buffer.get(self.searched..).unwrap_or_default();
            let Some(brace) = rest.iter().position(|byte| *byte == b'}') else {
                self.searched = self.buffer.len();
                return if self.searched > MAX_FRAME {
                    Err("a frame has no end".to_owned())
                } else {
                    Ok(None)
                };
            };
            // A brace may also be part of a file's name: then what is before it is not a whole frame yet.
            let end = self.searched + brace + 1;
            match serde_json::from_slice(self.buffer.get(..end).unwrap_or_default()) {
                Ok(frame) => {
                    let _consumed = self.buffer.split_to(end);
                    self.searched = 0;
                    return decoded(frame).map(Some);
                }
                Err(error) if error.is_eof() && end <= MAX_FRAME => self.searched = end,
                Err(error) => return Err(error.to_string()),
            }
        }
    }
}

fn decoded(frame: StreamFrame) -> Result<Frame, String> {
    let data = STANDARD.decode(&frame.data).map_err(|error| error.to_string())?;
    Ok(Frame { offset: frame.offset, data: data.into(), file: frame.file, event: frame.file_event })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn frames_are_found_however_the_bytes_are_cut() {
        let text = r#"{}{"Offset":3,"Data":"YWJj","File":"a}b\"}c"}{"FileEvent":"file deleted"}{}"#;
        for size in 1..text.len() {
            let mut decoder = Decoder::default();
            let mut found = Vec::new();
            for piece in text.as_bytes().chunks(size) {
                decoder.buffer.extend_from_slice(piece);
                while let Some(frame) = decoder.next().unwrap() {
                    found.push(frame);
                }
            }
            assert!(decoder.buffer.is_empty());
            assert_eq!(found.len(), 4, "{size}");
            assert_eq!((found[1].offset, &found[1].data[..]), (3, &b"abc"[..]));
            assert_eq!((found[1].file.as_str(), found[2].event.as_str()), ("a}b\"}c", "file deleted"));
        }
    }

    #[test]
    fn what_is_no_frame_is_an_error() {
        for text in ["nonsense}", "[}", r#"{"Data":"?"}"#] {
            let mut decoder = Decoder { buffer: text.into(), searched: 0 };
            assert!(decoder.next().is_err(), "{text}");
        }
        let mut endless = Decoder { buffer: BytesMut::from(&vec![b' '; MAX_FRAME + 1][..]), searched: 0 };
        assert!(endless.next().is_err());
    }
}
