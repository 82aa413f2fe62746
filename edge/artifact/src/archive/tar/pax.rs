//! What extension headers say of the entry that follows.

use ::tar::PaxExtensions;

use crate::archive::ArchiveError;
use crate::archive::error::shown;

/// The largest size that fits into a plain header; only above it may an extension say otherwise.
const MAX_PLAIN_SIZE: u64 = 0o777_7777_7777;

#[derive(Debug, Default, PartialEq, Eq)]
pub struct Extensions {
    pub name: Option<Vec<u8>>,
    pub link: Option<Vec<u8>>,
    size: Option<u64>,
    /// A pax header was seen, whatever it said.
    pax: bool,
}

impl Extensions {
    pub fn add_pax(&mut self, content: &[u8]) -> Result<(), ArchiveError> {
        if std::mem::replace(&mut self.pax, true) {
            return Err(twice());
        }
        for record in PaxExtensions::new(content) {
            let record = record.map_err(|error| ArchiveError::damaged(error.to_string()))?;
            let value = record.value_bytes().to_vec();
            match record.key_bytes() {
                b"path" => set(&mut self.name, value)?,
                b"linkpath" => set(&mut self.link, value)?,
                b"size" => {
                    let size = record.value().ok().and_then(|text| text.parse().ok());
                    set(&mut self.size, size.ok_or_else(|| ArchiveError::damaged("a size is no number"))?)?;
                }
                key if key.starts_with(b"GNU.sparse.") => {
                    return Err(ArchiveError::Unsupported("sparse files in tar"));
                }
                _ => {}
            }
        }
        Ok(())
    }

    pub fn set_long_name(&mut self, content: &[u8]) -> Result<(), ArchiveError> {
        set(&mut self.name, until_zero(content))
    }

    pub fn set_long_link(&mut self, content: &[u8]) -> Result<(), ArchiveError> {
        set(&mut self.link, until_zero(content))
    }

    /// How much content follows. Readers that do not know extensions go by the plain header.
    pub fn size(&self, name: &[u8], plain: u64) -> Result<u64, ArchiveError> {
        match self.size {
            None => Ok(plain),
            Some(size) if size == plain || size > MAX_PLAIN_SIZE => Ok(size),
            Some(size) => Err(ArchiveError::Ambiguous(format!(
                "entry `{}` has {plain} bytes by its header, {size} by its extension",
                shown(name)
            ))),
        }
    }
}

/// A header for all entries may carry comments, but nothing that changes what entries are.
pub fn check_global(content: &[u8]) -> Result<(), ArchiveError> {
    for record in PaxExtensions::new(content) {
        let record = record.map_err(|error| ArchiveError::damaged(error.to_string()))?;
        let key = record.key_bytes();
        if matches!(key, b"path" | b"linkpath" | b"size") || key.starts_with(b"GNU.sparse.") {
            return Err(ArchiveError::Ambiguous(format!("a global header sets `{}`", shown(key))));
        }
    }
    Ok(())
}

fn set<T>(slot: &mut Option<T>, value: T) -> Result<(), ArchiveError> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(twice()),
    }
}

fn twice() -> ArchiveError {
    ArchiveError::Ambiguous("an entry's name, link or size is given twice".into())
}

fn until_zero(content: &[u8]) -> Vec<u8> {
    content.split(|byte| *byte == 0).next().unwrap_or_default().to_vec()
}
