//! The key-encryption key: never in the log, a file of this server alone, or memory for a dev agent.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::{digest, rand};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use muster_model::WrappedKey;
use zeroize::Zeroizing;

use crate::KeyringError;

const FILE: &str = "aead.kek";
const PREFIX: &str = "muster-kek-v1:";
/// The file is far shorter.
const MAX_BYTES: u64 = 4096;

pub(crate) struct Kek {
    /// Names the key without telling it: a part of its hash.
    pub(crate) id: String,
    key: RandomizedNonceKey,
}

impl std::fmt::Debug for Kek {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kek").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Kek {
    /// Of this directory, made when there is none yet; without a directory, in memory only.
    pub(crate) fn open(dir: Option<&Path>) -> Result<Self, KeyringError> {
        let Some(dir) = dir else { return Self::new(&*random()?) };
        let path = dir.join(FILE);
        match read(&path) {
            Ok(Some(bytes)) => Self::new(&bytes),
            Ok(None) => {
                let bytes = random()?;
                write(dir, &path, &bytes).map_err(failed("write", &path))?;
                Self::new(&bytes)
            }
            Err(error) => Err(error),
        }
    }

    fn new(bytes: &[u8; 32]) -> Result<Self, KeyringError> {
        let mut labelled = Zeroizing::new(b"muster key-encryption key id".to_vec());
        labelled.reserve_exact(bytes.len());
        labelled.extend_from_slice(bytes);
        let hash = digest::digest(&digest::SHA256, &labelled);
        let hex: String = hash.as_ref().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { id: format!("aead-{hex}"), key: RandomizedNonceKey::new(&AES_256_GCM, bytes)? })
    }

    pub(crate) fn wrap(&self, aad: &[u8], secret: &[u8]) -> Result<WrappedKey, KeyringError> {
        let mut ciphertext = Vec::with_capacity(secret.len() + AES_256_GCM.tag_len());
        ciphertext.extend_from_slice(secret);
        let nonce = self.key.seal_in_place_append_tag(Aad::from(aad), &mut ciphertext)?;
        Ok(WrappedKey { kek: self.id.as_str().into(), nonce: *nonce.as_ref(), ciphertext })
    }

    /// `None` when the ciphertext or what it is bound to was changed.
    pub(crate) fn unwrap(&self, aad: &[u8], wrapped: &WrappedKey) -> Option<Zeroizing<Vec<u8>>> {
        let mut bytes = Zeroizing::new(wrapped.ciphertext.clone());
        let nonce: [u8; NONCE_LEN] = wrapped.nonce;
        let nonce = Nonce::assume_unique_for_key(nonce);
        let length = self.key.open_in_place(nonce, Aad::from(aad), &mut bytes).ok()?.len();
        bytes.truncate(length);
        Some(bytes)
    }
}

fn random() -> Result<Zeroizing<[u8; 32]>, KeyringError> {
    let mut bytes = Zeroizing::new([0; 32]);
    rand::fill(&mut *bytes)?;
    Ok(bytes)
}

fn failed<'a>(what: &'static str, path: &'a Path) -> impl Fn(io::Error) -> KeyringError + 'a {
    move |source| KeyringError::Kek { what, path: path.to_owned(), source }
}

/// `None` where there is no such file.
fn read(path: &Path) -> Result<Option<Zeroizing<[u8; 32]>>, KeyringError> {
    let mut file = match open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed("open", path)(error)),
    };
    check_private(&file, path)?;
    let mut text = Zeroizing::new(String::with_capacity(128));
    let garbled = || KeyringError::Garbled { path: path.to_owned() };
    (&mut file).take(MAX_BYTES).read_to_string(&mut text).map_err(|error| match error.kind() {
        io::ErrorKind::InvalidData => garbled(),
        _ => failed("read", path)(error),
    })?;
    let encoded = text.trim_end().strip_prefix(PREFIX).ok_or_else(garbled)?;
    let decoded = Zeroizing::new(STANDARD.decode(encoded).map_err(|_| garbled())?);
    let bytes: [u8; 32] = decoded.as_slice().try_into().map_err(|_| garbled())?;
    Ok(Some(Zeroizing::new(bytes)))
}

/// Written beside and then given its name, which is never taken from another file: two starts at once do not end up
/// with two keys, and a crash leaves no half of one.
fn write(dir: &Path, path: &Path, bytes: &[u8; 32]) -> io::Result<()> {
    private_dir(dir)?;
    let beside: PathBuf = dir.join(format!("{FILE}.{}.tmp", std::process::id()));
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = private_file(&beside)?;
    let encoded = Zeroizing::new(STANDARD.encode(bytes));
    file.write_all(PREFIX.as_bytes())?;
    file.write_all(encoded.as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    let named = fs::hard_link(&beside, path);
    fs::remove_file(&beside)?;
    named?;
    File::open(dir)?.sync_all()
}

#[cfg(unix)]
fn open(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;

    let flags = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();
    OpenOptions::new().read(true).custom_flags(flags).open(path)
}

#[cfg(unix)]
fn private_file(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;

    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

#[cfg(unix)]
fn private_dir(dir: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;

    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)
}

/// Of the open file, not of the path: what is checked is what is read.
#[cfg(unix)]
fn check_private(file: &File, path: &Path) -> Result<(), KeyringError> {
    use std::os::unix::fs::MetadataExt;

    let metadata = file.metadata().map_err(failed("look at", path))?;
    let (mode, owner) = (metadata.mode() & 0o7777, metadata.uid());
    let user = rustix::process::geteuid().as_raw();
    if mode & 0o077 != 0 {
        return Err(KeyringError::Exposed { path: path.to_owned(), mode });
    }
    if owner != user {
        return Err(KeyringError::ForeignOwner { path: path.to_owned(), owner, user });
    }
    Ok(())
}

/// Windows has no mode bits: there the directory's inherited access list decides.
#[cfg(not(unix))]
fn open(path: &Path) -> io::Result<File> {
    File::open(path)
}

#[cfg(not(unix))]
fn private_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

#[cfg(not(unix))]
fn private_dir(dir: &Path) -> io::Result<()> {
    fs::create_dir_all(dir)
}

#[cfg(not(unix))]
fn check_private(_: &File, _: &Path) -> Result<(), KeyringError> {
    Ok(())
}
