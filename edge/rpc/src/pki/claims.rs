//! What a certificate says about its holder. Reading it proves nothing; the chain must have been verified first.

use std::net::IpAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use muster_ids::Region;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{ASN1Time, FromDer, X509Certificate};

use super::{CertificateFault, PkiError, RoleNames};
use crate::Role;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claims {
    pub(crate) role: Role,
    pub(crate) region: Region,
    pub(crate) not_before: SystemTime,
    pub(crate) not_after: SystemTime,
}

impl Claims {
    pub(crate) fn read(
        certificate: &CertificateDer<'_>,
        roles: &RoleNames,
    ) -> Result<Self, CertificateFault> {
        let parsed = parse(certificate)?;
        let names = dns_names(&parsed)?;
        let Some((role, region)) = role_and_region(&names, roles)? else {
            return Err(CertificateFault::NoRole {
                found: all_names(&parsed),
                common_name: common_name(&parsed),
            });
        };
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

pub(super) fn parse<'a>(
    certificate: &'a CertificateDer<'_>,
) -> Result<X509Certificate<'a>, CertificateFault> {
    X509Certificate::from_der(certificate).map(|(_, parsed)| parsed).map_err(|_| CertificateFault::Malformed)
}

/// From when and until when a certificate is valid.
pub(super) fn validity(
    certificate: &CertificateDer<'_>,
) -> Result<(SystemTime, SystemTime), CertificateFault> {
    let parsed = parse(certificate)?;
    let validity = parsed.validity();
    Ok((system_time(validity.not_before), system_time(validity.not_after)))
}

/// A certificate's names, for the log.
pub(super) fn names(certificate: &CertificateDer<'_>) -> String {
    parse(certificate).map_or_else(|fault| fault.to_string(), |parsed| all_names(&parsed).join(", "))
}

/// Every subject alternative name, as people write them.
fn all_names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let extension = certificate.subject_alternative_name().ok().flatten();
    let names = extension.map(|san| san.value.general_names.as_slice()).unwrap_or_default();
    names
        .iter()
        .map(|name| match name {
            GeneralName::DNSName(text) => (*text).to_owned(),
            GeneralName::IPAddress(bytes) => address(bytes),
            other => other.to_string(),
        })
        .collect()
}

pub(super) fn address(bytes: &[u8]) -> String {
    let v4 = <[u8; 4]>::try_from(bytes).map(|bytes| IpAddr::from(bytes).to_string());
    let v6 = || <[u8; 16]>::try_from(bytes).map(|bytes| IpAddr::from(bytes).to_string());
    v4.or_else(|_| v6()).unwrap_or_else(|_| super::hex(bytes))
}

fn common_name(certificate: &X509Certificate<'_>) -> Option<String> {
    let name = certificate.subject().iter_common_name().next()?;
    name.as_str().ok().map(str::to_owned)
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
fn role_and_region(names: &[String], roles: &RoleNames) -> Result<Option<(Role, Region)>, CertificateFault> {
    let claim = |name: &String| parse_name(name).or_else(|| roles.role_of(name));
    let mut claims: Vec<(Role, Region)> = names.iter().filter_map(claim).collect();
    claims.sort_by_key(|(role, _)| *role != Role::Server);
    let Some((role, region)) = claims.first().cloned() else { return Ok(None) };
    if claims.iter().any(|(_, other)| *other != region) {
        return Err(CertificateFault::ManyRegions { found: names.to_vec() });
    }
    Ok(Some((role, region)))
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

    fn names(names: &[&str]) -> Result<Option<(Role, Region)>, CertificateFault> {
        mapped(names, &RoleNames::standard())
    }

    fn mapped(names: &[&str], roles: &RoleNames) -> Result<Option<(Role, Region)>, CertificateFault> {
        role_and_region(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>(), roles)
    }

    #[test]
    fn the_role_comes_from_the_name() {
        assert_eq!(names(&["localhost", "client.global.nomad"]), Ok(Some((Role::Client, Region::global()))));
        let west = Region::new("eu.west").unwrap();
        assert_eq!(names(&["server.eu.west.nomad"]), Ok(Some((Role::Server, west))));
    }

    #[test]
    fn both_roles_make_a_server_and_two_regions_make_nothing() {
        assert_eq!(names(&["client.eu.nomad", "server.eu.nomad"]).unwrap().unwrap().0, Role::Server);
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
            assert_eq!(names(&[name]), Ok(None), "`{name}` was taken for a role");
        }
    }

    #[test]
    fn a_mapped_name_counts_in_the_agents_own_region() {
        let roles = RoleNames::mapped(
            Region::global(),
            &["s.example.com".to_owned()],
            &["*.c.example.com".to_owned()],
        );
        assert_eq!(mapped(&["s.example.com"], &roles), Ok(Some((Role::Server, Region::global()))));
        assert_eq!(mapped(&["a.c.example.com", "localhost"], &roles).unwrap().unwrap().0, Role::Client);
        assert_eq!(mapped(&["x.example.com"], &roles), Ok(None));
        assert!(mapped(&["s.example.com", "client.eu.nomad"], &roles).is_err(), "two regions");
    }

    #[test]
    fn a_region_that_no_certificate_can_name_is_refused() {
        assert!(server_name(Role::Server, &Region::new("two words").unwrap()).is_err());
        assert!(server_name(Role::Server, &Region::new("eu-west").unwrap()).is_ok());
    }
}
