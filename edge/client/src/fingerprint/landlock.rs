//! `kernel.landlock`: the version of the kernel's means to confine a process to files; absent without it.

use super::Attributes;

pub fn inspect() -> Attributes {
    let version = muster_sys::landlock::abi_version();
    version.map(|version| ("kernel.landlock".to_owned(), format!("v{version}"))).into_iter().collect()
}
