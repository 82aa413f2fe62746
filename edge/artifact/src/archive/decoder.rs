//! Decompression as a stream. Memory is bounded whatever a stream's header asks for.

use std::io::{self, BufReader, Read};

use liblzma::stream::{CONCATENATED, Stream};

use super::ArchiveError;
use super::budget::Budget;
use super::kind::Compression;

/// What `xz` may take for its window; its strongest preset needs 65 MiB.
const XZ_MEMORY_BYTES: u64 = 128 << 20;
/// The largest window of `zstd`, as a power of two; its own tool's bound without `--long`.
const ZSTD_WINDOW_LOG: u32 = 27;

/// Opens a compressed stream; what is read of it is counted by the budget.
pub fn open<'a>(
    compression: Compression,
    packed: impl Read + 'a,
    budget: &Budget<'_>,
) -> Result<Box<dyn Read + 'a>, ArchiveError> {
    let packed = BufReader::with_capacity(64 << 10, budget.count(packed));
    Ok(match compression {
        Compression::None => Box::new(packed),
        Compression::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(packed)),
        Compression::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(packed)),
        Compression::Xz => {
            let stream = Stream::new_stream_decoder(XZ_MEMORY_BYTES, CONCATENATED);
            let stream = stream.map_err(|error| ArchiveError::Io(io::Error::other(error)))?;
            Box::new(liblzma::bufread::XzDecoder::new_stream(packed, stream))
        }
        Compression::Zstd => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(packed)?;
            decoder.window_log_max(ZSTD_WINDOW_LOG)?;
            Box::new(decoder)
        }
    })
}
