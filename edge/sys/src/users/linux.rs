//! passwd and group look-ups through libc, which asks whatever `/etc/nsswitch.conf` names.

use std::ffi::{CStr, CString, OsStr};
use std::io;
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use super::{Account, UserError};

/// Entries larger than this are refused rather than read.
const MAX_ENTRY: usize = 1 << 20;
const MAX_GROUPS: usize = 65_536;

/// Effective user and group of this process.
#[must_use]
pub fn effective_ids() -> (u32, u32) {
    (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw())
}

/// Finds an account by name, or by number when the text is one.
///
/// # Errors
/// When there is no such account, or the name service failed.
pub fn lookup(name: &str) -> Result<Account, UserError> {
    let failed = |source| UserError::Lookup { name: name.to_owned(), source };
    let c_name = CString::new(name).map_err(|_| UserError::Unknown(name.to_owned()))?;
    let by_name = passwd(|entry, buf, len, out| {
        // SAFETY: `c_name` is NUL-terminated, `entry`, `buf[..len]` and `out` are valid for writes during the call.
        unsafe { libc::getpwnam_r(c_name.as_ptr(), entry, buf, len, out) }
    });
    let found = match (by_name.map_err(failed)?, name.parse::<u32>()) {
        (Some(account), _) => Some(account),
        (None, Err(_)) => None,
        (None, Ok(uid)) => passwd(|entry, buf, len, out| {
            // SAFETY: `entry`, `buf[..len]` and `out` are valid for writes during the call.
            unsafe { libc::getpwuid_r(uid, entry, buf, len, out) }
        })
        .map_err(failed)?,
    };
    let mut account = found.ok_or_else(|| UserError::Unknown(name.to_owned()))?;
    account.groups = groups(&account).map_err(failed)?;
    Ok(account)
}

type Entry = *mut libc::passwd;

/// Calls one of the `getpw…_r` functions with a buffer that grows until the entry fits.
fn passwd(
    get: impl Fn(Entry, *mut libc::c_char, usize, *mut Entry) -> libc::c_int,
) -> io::Result<Option<Account>> {
    let mut buffer: Vec<libc::c_char> = vec![0; 1024];
    loop {
        let mut entry = MaybeUninit::<libc::passwd>::uninit();
        let mut found: Entry = std::ptr::null_mut();
        let code = get(entry.as_mut_ptr(), buffer.as_mut_ptr(), buffer.len(), &raw mut found);
        match code {
            0 if found.is_null() => return Ok(None),
            0 => {
                // SAFETY: the call succeeded, so `entry` is initialised.
                let entry = unsafe { entry.assume_init() };
                // SAFETY: the strings of a successful entry are NUL-terminated and live in `buffer`.
                return Ok(Some(unsafe { account(&entry) }));
            }
            libc::ERANGE if buffer.len() < MAX_ENTRY => buffer.resize(buffer.len() * 2, 0),
            libc::EINTR => {}
            // What several name services answer for "not there".
            libc::ENOENT | libc::ESRCH => return Ok(None),
            code => return Err(io::Error::from_raw_os_error(code)),
        }
    }
}

/// # Safety
/// The entry's strings must be NUL-terminated and alive.
unsafe fn account(entry: &libc::passwd) -> Account {
    let text = |pointer: *const libc::c_char| {
        if pointer.is_null() {
            return Vec::new();
        }
        // SAFETY: the caller guarantees a living, NUL-terminated string.
        unsafe { CStr::from_ptr(pointer) }.to_bytes().to_vec()
    };
    Account {
        name: String::from_utf8_lossy(&text(entry.pw_name)).into_owned(),
        uid: entry.pw_uid,
        gid: entry.pw_gid,
        groups: Vec::new(),
        home: PathBuf::from(OsStr::from_bytes(&text(entry.pw_dir))),
        shell: PathBuf::from(OsStr::from_bytes(&text(entry.pw_shell))),
    }
}

fn groups(account: &Account) -> io::Result<Vec<u32>> {
    let name = CString::new(account.name.as_str())?;
    let mut groups: Vec<libc::gid_t> = vec![0; 64];
    loop {
        let mut count = i32::try_from(groups.len()).unwrap_or(i32::MAX);
        // SAFETY: `groups` has room for `count` entries and `count` is valid for writes.
        let code =
            unsafe { libc::getgrouplist(name.as_ptr(), account.gid, groups.as_mut_ptr(), &raw mut count) };
        let count = usize::try_from(count).unwrap_or(0);
        if code >= 0 {
            groups.truncate(count);
            return Ok(groups);
        }
        if groups.len() >= MAX_GROUPS {
            return Err(io::Error::other("the user is in more than 65536 groups"));
        }
        groups.resize(count.max(groups.len() * 2).min(MAX_GROUPS), 0);
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn root_is_found_by_name_and_by_number() {
        let root = lookup("root").unwrap();
        assert_eq!((root.uid, root.gid), (0, 0));
        assert!(root.groups.contains(&0));
        assert_eq!(lookup("0").unwrap(), root);
    }

    #[test]
    fn unknown_and_hostile_names_are_refused_with_the_name() {
        for name in ["no-such-user-here", "a\0b", "", "root:root", "4294967290", "../root"] {
            let error = lookup(name).unwrap_err();
            assert!(matches!(&error, UserError::Unknown(text) if text == name), "{name:?}: {error}");
        }
    }
}
