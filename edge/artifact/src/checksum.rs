//! The `checksum` option: `sha256:<hex>` and its kind, bare hex whose length names the algorithm, or `file:<url>` of a
//! list of checksums.

mod list;

use std::fmt::Write as _;

use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

/// What a file's content must hash to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checksum {
    algorithm: Algorithm,
    expected: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Algorithm {
    Md5,
    Sha1,
    Sha256,
    Sha512,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChecksumError {
    #[error("checksum file `{0}` is no http or https address")]
    FileAddress(String),
    #[error("checksum file `{file}` names no checksum of `{name}`")]
    NotListed { file: String, name: String },
    #[error("checksum file `{file}` names two different checksums of `{name}`")]
    ListedTwice { file: String, name: String },
    #[error("checksum file `{0}` is larger than 1 MiB")]
    FileTooLarge(String),
    #[error("checksum type `{0}` is unknown; use md5, sha1, sha256 or sha512")]
    Type(String),
    #[error("checksum `{text}` is not hexadecimal")]
    NotHex { text: String },
    #[error("checksum `{text}` has {found} hex digits, but {algorithm} has {wanted}; was it cut off?")]
    Length { text: String, found: usize, algorithm: &'static str, wanted: usize },
    #[error(
        "checksum `{text}` has {found} hex digits, which no known type has; write `sha256:` and 64 hex digits, or \
         another type in front of its value"
    )]
    Untyped { text: String, found: usize },
    #[error("wrong {algorithm} checksum: expected {expected}, got {got}")]
    Mismatch { algorithm: &'static str, expected: String, got: String },
}

/// How the right checksum is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    Value(Checksum),
    /// By a list at this address.
    Listed(reqwest::Url),
}

impl Wanted {
    pub fn parse(text: &str) -> Result<Self, ChecksumError> {
        let Some(address) = text.trim().strip_prefix("file:") else {
            return Checksum::parse(text).map(Self::Value);
        };
        let url = reqwest::Url::parse(address).ok();
        let url = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        url.map(Self::Listed).ok_or_else(|| ChecksumError::FileAddress(address.to_owned()))
    }
}

impl Algorithm {
    const ALL: [Self; 4] = [Self::Md5, Self::Sha1, Self::Sha256, Self::Sha512];

    const fn name(self) -> &'static str {
        match self {
            Self::Md5 => "md5",
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }

    const fn hex_len(self) -> usize {
        match self {
            Self::Md5 => 32,
            Self::Sha1 => 40,
            Self::Sha256 => 64,
            Self::Sha512 => 128,
        }
    }
}

impl Checksum {
    /// # Errors
    /// When the text is not a complete checksum of a known type.
    pub fn parse(text: &str) -> Result<Self, ChecksumError> {
        let text = text.trim();
        let (algorithm, value) = match text.split_once(':') {
            Some((kind, value)) => (Some(named(kind)?), value.trim()),
            None => (None, text),
        };
        if !value.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(ChecksumError::NotHex { text: text.to_owned() });
        }
        let algorithm = match algorithm {
            Some(algorithm) if algorithm.hex_len() != value.len() => {
                let (name, wanted) = (algorithm.name(), algorithm.hex_len());
                return Err(ChecksumError::Length {
                    text: text.into(),
                    found: value.len(),
                    algorithm: name,
                    wanted,
                });
            }
            Some(algorithm) => algorithm,
            None => by_length(text, value.len())?,
        };
        Ok(Self { algorithm, expected: value.to_ascii_lowercase() })
    }

    #[must_use]
    pub fn hasher(&self) -> Hasher {
        match self.algorithm {
            Algorithm::Md5 => Hasher::Md5(md5::Md5::new()),
            Algorithm::Sha1 => Hasher::Sha1(Sha1::new()),
            Algorithm::Sha256 => Hasher::Sha256(Sha256::new()),
            Algorithm::Sha512 => Hasher::Sha512(Sha512::new()),
        }
    }

    /// # Errors
    /// When what was hashed is something else; says both values.
    pub fn verify(&self, hasher: Hasher) -> Result<(), ChecksumError> {
        let got = hasher.finish();
        if got == self.expected {
            return Ok(());
        }
        let expected = self.expected.clone();
        Err(ChecksumError::Mismatch { algorithm: self.algorithm.name(), expected, got })
    }
}

fn named(kind: &str) -> Result<Algorithm, ChecksumError> {
    let kind = kind.trim().to_ascii_lowercase();
    let found = Algorithm::ALL.into_iter().find(|algorithm| algorithm.name() == kind);
    found.ok_or(ChecksumError::Type(kind))
}

fn by_length(text: &str, len: usize) -> Result<Algorithm, ChecksumError> {
    let found = Algorithm::ALL.into_iter().find(|algorithm| algorithm.hex_len() == len);
    found.ok_or_else(|| ChecksumError::Untyped { text: text.to_owned(), found: len })
}

/// A hash under way.
#[derive(Clone, Debug)]
pub enum Hasher {
    Md5(md5::Md5),
    Sha1(Sha1),
    Sha256(Sha256),
    Sha512(Sha512),
}

impl Hasher {
    pub fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Md5(hash) => hash.update(bytes),
            Self::Sha1(hash) => hash.update(bytes),
            Self::Sha256(hash) => hash.update(bytes),
            Self::Sha512(hash) => hash.update(bytes),
        }
    }

    fn finish(self) -> String {
        match self {
            Self::Md5(hash) => hex(&hash.finalize()),
            Self::Sha1(hash) => hex(&hash.finalize()),
            Self::Sha256(hash) => hex(&hash.finalize()),
            Self::Sha512(hash) => hex(&hash.finalize()),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string cannot fail.
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    /// Digests of `abc`, from the standards.
    const ABC: [&str; 4] = [
        "md5:900150983cd24fb0d6963f7d28e17f72",
        "sha1:a9993e364706816aba3e25717850c26c9cd0d89d",
        "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "sha512:ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd\
         454d4423643ce80e2a9ac94fa54ca49f",
    ];

    fn check(checksum: &Checksum, content: &[u8]) -> Result<(), ChecksumError> {
        let mut hasher = checksum.hasher();
        hasher.update(content);
        checksum.verify(hasher)
    }

    #[test]
    fn every_type_is_known_by_name_and_by_length() {
        for text in ABC {
            let bare = text.split_once(':').unwrap().1;
            for text in [text.to_owned(), bare.to_owned(), bare.to_uppercase()] {
                let checksum = Checksum::parse(&text).unwrap();
                check(&checksum, b"abc").unwrap();
                let error = check(&checksum, b"abd").unwrap_err().to_string();
                assert!(error.contains(&format!("expected {bare}, got ")), "{error}");
            }
        }
    }

    #[test]
    fn what_is_no_checksum_says_why() {
        for (text, want) in [
            ("", "no known type has"),
            ("sha256:", "has 0 hex digits, but sha256 has 64"),
            ("sha256:adf767759", "was it cut off?"),
            ("sha256:adf767759......", "not hexadecimal"),
            ("sha3:00", "`sha3` is unknown"),
            ("file:./sums", "`file` is unknown"),
            ("abcd", "no known type has"),
        ] {
            let error = Checksum::parse(text).unwrap_err().to_string();
            assert!(error.contains(want), "{text}: {error}");
        }
    }
}
