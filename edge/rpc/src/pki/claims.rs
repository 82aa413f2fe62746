//! What a certificate says about its holder. Reading it proves nothing; the chain must have been verified first.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use muster_ids::Region;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{ASN1Time, FromDer, X509Certificate};

use super::{CertificateFault, PkiError};
use crate::Role;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claims {
    pub(crate) role: Role,
    pub(crate) region: Region,
    pub(crate) not_before: SystemTime,
    pub(crate) not_after: SystemTime,
}

impl Claims {
    pub(crate) fn read(certificate: &CertificateDer<'_>) -> Result<Self, CertificateFault> {
        let (_, parsed) = X509Certificate::from_der(certificate).map_err(|_| CertificateFault::Malformed)?;
        let names = dns_names(&parsed)?;
        let (role, region) = role_and_region(&names)?;
        let validity = parsed.validity();
        Ok(Self {
            role,
            region,
            not_before: system_time(validity.not_before),
            not_after: system_time(validity.not_after),
        })
    }
}

/// The name under which an agent of that role and region is verified.
pub(crate) fn server_name(role: Role, region: &Region) -> Result<ServerName<'static>, PkiError> {
    match ServerName::try_from(format!("{role}.{region}.nomad")) {
        Ok(name @ ServerName::DnsName(_)) => Ok(name),
        _ => Err(PkiError::RegionName(region.clone())),
    }
}

fn dns_names(certificate: &X509Certificate<'_>) -> Result<Vec<String>, CertificateFault> {
    let extension = certificate.subject_alternative_name().map_err(|_| CertificateFault::Malformed)?;
    let names = extension.map(|san| san.value.general_names.as_slice()).unwrap_or_default();
    Ok(names
        .iter()
        .filter_map(|name| match name {
            GeneralName::DNSName(text) => Some((*text).to_owned()),
            _ => None,
        })
        .collect())
}

/// A certificate with both roles counts as a server's, which may do all that a client may. Two regions are refused:
/// which one is meant could not be told.
fn role_and_region(names: &[String]) -> Result<(Role, Region), CertificateFault> {
    let mut claims: Vec<(Role, Region)> = names.iter().filter_map(|name| parse_name(name)).collect();
    claims.sort_by_key(|(role, _)| *role != Role::Server);
    let Some((role, region)) = claims.first().cloned() else {
        return Err(CertificateFault::NoRole { found: names.to_vec() });
    };
    if claims.iter().any(|(_, other)| *other != region) {
        return Err(CertificateFault::ManyRegions { found: names.to_vec() });
    }
    Ok((role, region))
}

pub(super) fn parse_name(name: &str) -> Option<(Role, Region)> {
    let inner = name.strip_suffix(".nomad")?;
    let (role, region) = inner.split_once('.')?;
    let role = match role {
        "server" => Role::Server,
        "client" => Role::Client,
        _ => return None,
    };
    // `*` would let one certificate stand for every region.
    if region.contains('*') {
        return None;
    }
    Some((role, Region::new(region).ok()?))
}

pub(super) fn system_time(time: ASN1Time) -> SystemTime {
    let seconds = u64::try_from(time.timestamp()).unwrap_or(0);
    UNIX_EPOCH.checked_add(Duration::from_secs(seconds)).unwrap_or(UNIX_EPOCH)
}

pub(super) fn format_system_time(time: SystemTime) -> Option<String> {
    format_time(UnixTime::since_unix_epoch(time.duration_since(UNIX_EPOCH).ok()?))
}

pub(super) fn format_time(time: UnixTime) -> Option<String> {
    let time = ASN1Time::from_timestamp(i64::try_from(time.as_secs()).ok()?).ok()?;
    Some(time.to_string())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn names(names: &[&str]) -> Result<(Role, Region), CertificateFault> {
        role_and_region(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn the_role_comes_from_the_name() {
        assert_eq!(names(&["localhost", "client.global.nomad"]), Ok((Role::Client, Region::global())));
        assert_eq!(names(&["server.eu.west.nomad"]), Ok((Role::Server, Region::new("eu.west").unwrap())));
    }

    #[test]
    fn both_roles_make_a_server_and_two_regions_make_nothing() {
        assert_eq!(names(&["client.eu.nomad", "server.eu.nomad"]).unwrap().0, Role::Server);
        assert!(matches!(
            names(&["server.eu.nomad", "client.us.nomad"]),
            Err(CertificateFault::ManyRegions { .. })
        ));
    }

    #[test]
    fn look_alikes_have_no_role() {
        let all = [
            "server.nomad",
            "xserver.eu.nomad",
            "server.*.nomad",
            "cli.eu.nomad",
            "server.eu.nomad.com",
            "server..nomad",
        ];
        for name in all {
            assert!(
                matches!(names(&[name]), Err(CertificateFault::NoRole { .. })),
                "`{name}` was taken for a role"
            );
        }
    }

    #[test]
    fn a_region_that_no_certificate_can_name_is_refused() {
        assert!(server_name(Role::Server, &Region::new("two words").unwrap()).is_err());
        assert!(server_name(Role::Server, &Region::new("eu-west").unwrap()).is_ok());
    }
}
