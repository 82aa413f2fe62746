//! A certificate as pairs.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use muster_rpc::CertificateInfo;

use super::{failed, now, read};
use crate::failure::Failure;
use crate::keyvalue::KeyValues;
use crate::shell::Shell;

pub(super) fn certificate(path: &Path) -> Result<CertificateInfo, Failure> {
    let what = format!("`{}`", path.display());
    CertificateInfo::read(&read(path)?, &what).map_err(failed("reading the certificate"))
}

pub(super) fn pairs(info: &CertificateInfo, shell: &Shell) -> KeyValues {
    let time = |time: SystemTime| {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        shell.clock.absolute(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
    };
    let mut pairs = KeyValues::default();
    pairs.add("Serial Number", info.serial.as_str());
    pairs.add("Common Name", info.common_name.as_deref().unwrap_or_default());
    pairs.add("Subject", info.subject.as_str());
    pairs.add("Issuer CN", info.issuer_common_name.as_deref().unwrap_or_default());
    pairs.add("Issuer", info.issuer.as_str());
    pairs.add("Not Before", time(info.not_before));
    pairs.add("Expiry Date", format!("{}{}", time(info.not_after), state(info)));
    pairs.add("Key", info.key.as_str());
    if info.is_authority {
        let any = || vec!["any".to_owned()];
        let permitted = Some(info.permitted_domains.clone()).filter(|list| !list.is_empty());
        pairs.add("Permitted DNS Domains", permitted.unwrap_or_else(any).join(", "));
    } else {
        pairs.add("DNS Names", info.dns_names.join(", "));
        pairs.add("IP Addresses", info.ip_addresses.join(", "));
        pairs.add("Usage", info.usages.join(", "));
    }
    let fingerprint = info.fingerprint_sha256.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    pairs.add("SHA-256 Fingerprint", fingerprint);
    pairs
}

fn state(info: &CertificateInfo) -> &'static str {
    let now = now();
    if info.not_after <= now {
        " (expired)"
    } else if now < info.not_before {
        " (not valid yet)"
    } else {
        ""
    }
}
