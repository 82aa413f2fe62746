//! The filesystem as the functions of a job file see it. This crate reads no file: whoever evaluates decides what
//! there is to read, and a server lets a job file read nothing.

use std::fmt::Debug;

/// What `file`, `fileexists`, `fileset` and their like may ask. Paths are as the job file writes them, `~` expanded;
/// relative ones mean the job file's own directory. Errors are whole sentences for the user.
pub trait Files: Debug + Send + Sync {
    /// The bytes of a regular file.
    ///
    /// # Errors
    /// Why it cannot be read, or that it is larger than [`MAX_FILE_BYTES`].
    fn read(&self, path: &str) -> Result<Vec<u8>, String>;

    /// Whether a regular file is there.
    ///
    /// # Errors
    /// That something else is there, or that it cannot be told.
    fn exists(&self, path: &str) -> Result<bool, String>;

    /// The regular files below a directory, relative to it, with `/` between the names; at most [`MAX_LISTED`].
    ///
    /// # Errors
    /// Why it cannot be listed, or that there are too many.
    fn list(&self, directory: &str) -> Result<Vec<String>, String>;

    /// A path made absolute from the process's working directory, without `.` and `..`.
    ///
    /// # Errors
    /// That the working directory is gone.
    fn absolute(&self, path: &str) -> Result<String, String>;

    /// The user's home directory.
    fn home(&self) -> Option<String>;
}

/// The largest file a job file may read.
pub const MAX_FILE_BYTES: u64 = 16 << 20;

/// The most files `fileset` looks at.
pub const MAX_LISTED: usize = 100_000;
