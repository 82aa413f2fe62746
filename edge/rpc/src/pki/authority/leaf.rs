//! From what a certificate is to say to what is signed.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::SystemTime;

use aws_lc_rs::rand;
use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyUsagePurpose, SanType,
    SerialNumber,
};
use rustls_pki_types::{DnsName, ServerName};

use super::{CLOCK_SKEW, LeafParams, LeafRole};
use crate::Role;
use crate::pki::check::Purpose;
use crate::pki::{PkiError, claims, server_name};

impl LeafParams {
    /// `limit`: when the authority ends.
    pub(super) fn certificate(&self, limit: SystemTime) -> Result<CertificateParams, PkiError> {
        // The region must fit into a name whatever the domain is.
        server_name(Role::Server, &self.region)?;
        let name = format!("{}.{}.{}", self.role.as_str(), self.region, self.domain);
        let mut params = CertificateParams::default();
        params.serial_number = Some(serial()?);
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name.as_str());
        params.subject_alt_names = self.names(&name)?;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = self.role.purposes().iter().map(usage).collect();
        params.use_authority_key_identifier_extension = true;
        params.not_before = (self.now - CLOCK_SKEW).into();
        params.not_after = (self.now + self.lifetime).min(limit).into();
        Ok(params)
    }

    fn names(&self, own: &str) -> Result<Vec<SanType>, PkiError> {
        let mut names = Vec::new();
        dns_name(own)?;
        for name in [own, "localhost"].into_iter().chain(self.dns_names.iter().map(String::as_str)) {
            dns_name(name.strip_prefix("*.").unwrap_or(name))?;
            self.check_role(name)?;
            let name = SanType::DnsName(name.try_into()?);
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let own_addresses = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
        for address in own_addresses.iter().chain(&self.ip_addresses) {
            let address = SanType::IpAddress(*address);
            if !names.contains(&address) {
                names.push(address);
            }
        }
        Ok(names)
    }

    /// A further name must not make more of its holder than it was meant to be.
    fn check_role(&self, name: &str) -> Result<(), PkiError> {
        let Some((role, region)) = claims::parse_name(name) else { return Ok(()) };
        let within = self.role.agent().is_some_and(|own| own.may_act_as(role)) && region == self.region;
        if within {
            return Ok(());
        }
        Err(PkiError::Name {
            name: name.to_owned(),
            reason: format!(
                "it stands for a {role} of region `{region}`, which the certificate of a {} of region `{}` must not",
                self.role.as_str(),
                self.region
            ),
        })
    }
}

fn usage(purpose: &Purpose) -> ExtendedKeyUsagePurpose {
    match purpose {
        Purpose::Server => ExtendedKeyUsagePurpose::ServerAuth,
        Purpose::Client => ExtendedKeyUsagePurpose::ClientAuth,
    }
}

impl LeafRole {
    pub(super) fn request_name(self) -> String {
        format!("{} of a muster cluster", self.as_str())
    }
}

/// Whether it can be part of a certificate as a DNS name.
pub(super) fn dns_name(name: &str) -> Result<DnsName<'_>, PkiError> {
    match ServerName::try_from(name) {
        Ok(ServerName::DnsName(name)) => Ok(name),
        _ => Err(PkiError::Name {
            name: name.to_owned(),
            reason: "not a DNS name; use letters, digits, `-` and `.`, at most 63 characters a part"
                .to_owned(),
        }),
    }
}

/// 128 random bits: nobody can guess one, and no two are the same.
pub(super) fn serial() -> Result<SerialNumber, PkiError> {
    let mut bytes = [0_u8; 16];
    rand::fill(&mut bytes).map_err(|_| PkiError::Random)?;
    Ok(SerialNumber::from_slice(&bytes))
}
