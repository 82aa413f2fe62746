//! A name for one version of a job. A version that has one is kept until the name is taken away.

use muster_ids::{Text, UnixNanos};
use serde::{Deserialize, Serialize};

/// Longest name of a tag, in characters.
pub const TAG_NAME_MAX: usize = 128;
/// Longest description of a tag, in characters.
pub const TAG_DESCRIPTION_MAX: usize = 1000;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionTag {
    pub name: Text,
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub description: Text,
    pub tagged_at: UnixNanos,
}

/// Why a text cannot name or describe a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VersionTagError {
    #[error("tag name is required")]
    NoName,
    #[error("tag name must not be longer than {TAG_NAME_MAX} characters")]
    LongName,
    #[error("tag name must not hold control characters or `/`")]
    BadName,
    #[error("tag description must not be longer than {TAG_DESCRIPTION_MAX} characters")]
    LongDescription,
}

impl VersionTag {
    /// Checks what a user typed; the time of tagging is set when it is stored.
    ///
    /// # Errors
    /// When the name is empty, too long, or could not stand in a path, or when the description is too long.
    pub fn new(name: &str, description: &str) -> Result<Self, VersionTagError> {
        if name.is_empty() {
            return Err(VersionTagError::NoName);
        }
        if name.chars().count() > TAG_NAME_MAX {
            return Err(VersionTagError::LongName);
        }
        if name.chars().any(|letter| letter.is_control() || letter == '/') {
            return Err(VersionTagError::BadName);
        }
        if description.chars().count() > TAG_DESCRIPTION_MAX {
            return Err(VersionTagError::LongDescription);
        }
        Ok(Self { name: name.into(), description: description.into(), tagged_at: UnixNanos::ZERO })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_can_stand_in_a_path_and_is_bounded() {
        assert!(VersionTag::new("golden v1.2", "the one that works").is_ok());
        assert_eq!(VersionTag::new("", "x"), Err(VersionTagError::NoName));
        assert_eq!(VersionTag::new("a/b", ""), Err(VersionTagError::BadName));
        assert_eq!(VersionTag::new("a\nb", ""), Err(VersionTagError::BadName));
        assert!(VersionTag::new(&"x".repeat(TAG_NAME_MAX), &"y".repeat(TAG_DESCRIPTION_MAX)).is_ok());
        assert_eq!(VersionTag::new(&"x".repeat(TAG_NAME_MAX + 1), ""), Err(VersionTagError::LongName));
        let long = "y".repeat(TAG_DESCRIPTION_MAX + 1);
        assert_eq!(VersionTag::new("x", &long), Err(VersionTagError::LongDescription));
    }
}
