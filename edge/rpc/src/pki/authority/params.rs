//! What a certificate is to say.

use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use muster_ids::Region;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, GeneralSubtree, IsCa, KeyUsagePurpose,
    NameConstraints,
};

use super::CLOCK_SKEW;
use super::leaf::{dns_name, serial};
use crate::Role;
use crate::pki::PkiError;
use crate::pki::check::Purpose;

/// Who an authority says it is. Empty parts are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    pub common_name: String,
    pub country: String,
    pub postal_code: String,
    pub province: String,
    pub locality: String,
    pub street_address: String,
    pub organization: String,
    pub organizational_unit: String,
}

/// A new authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorityParams {
    pub subject: Subject,
    pub lifetime: Duration,
    pub now: SystemTime,
    /// Domains the authority may vouch for, with everything below them; empty for any. `localhost` is always among
    /// them.
    pub name_constraints: Vec<String>,
}

impl AuthorityParams {
    #[must_use]
    pub fn new(common_name: impl Into<String>, lifetime: Duration, now: SystemTime) -> Self {
        let subject = Subject { common_name: common_name.into(), ..Subject::default() };
        Self { subject, lifetime, now, name_constraints: Vec::new() }
    }

    pub(super) fn certificate(&self) -> Result<CertificateParams, PkiError> {
        let mut params = CertificateParams::default();
        params.distinguished_name = self.subject.name();
        params.serial_number = Some(serial()?);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages =
            vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.not_before = (self.now - CLOCK_SKEW).into();
        params.not_after = (self.now + self.lifetime).into();
        if !self.name_constraints.is_empty() {
            let domains = self.name_constraints.iter().map(String::as_str).chain(["localhost"]);
            let mut permitted_subtrees = Vec::new();
            for domain in domains {
                dns_name(domain)?;
                permitted_subtrees.push(GeneralSubtree::DnsName(domain.to_owned()));
            }
            params.name_constraints =
                Some(NameConstraints { permitted_subtrees, excluded_subtrees: Vec::new() });
        }
        Ok(params)
    }
}

impl Subject {
    fn name(&self) -> DistinguishedName {
        let parts = [
            (DnType::CountryName, &self.country),
            (DnType::CustomDnType(vec![2, 5, 4, 17]), &self.postal_code),
            (DnType::StateOrProvinceName, &self.province),
            (DnType::LocalityName, &self.locality),
            (DnType::CustomDnType(vec![2, 5, 4, 9]), &self.street_address),
            (DnType::OrganizationName, &self.organization),
            (DnType::OrganizationalUnitName, &self.organizational_unit),
            (DnType::CommonName, &self.common_name),
        ];
        let mut name = DistinguishedName::new();
        for (kind, text) in parts {
            if !text.is_empty() {
                name.push(kind, text.as_str());
            }
        }
        name
    }
}

/// Whom a certificate is for. The command line has a certificate to show to the API, and no role between agents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeafRole {
    Server,
    Client,
    Cli,
}

impl LeafRole {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Client => "client",
            Self::Cli => "cli",
        }
    }

    /// The role between agents.
    #[must_use]
    pub const fn agent(self) -> Option<Role> {
        match self {
            Self::Server => Some(Role::Server),
            Self::Client => Some(Role::Client),
            Self::Cli => None,
        }
    }

    /// Agents of both roles listen (clients for their API) and connect; the command line only connects.
    pub(super) const fn purposes(self) -> &'static [Purpose] {
        match self {
            Self::Server | Self::Client => &[Purpose::Server, Purpose::Client],
            Self::Cli => &[Purpose::Client],
        }
    }
}

impl From<Role> for LeafRole {
    fn from(role: Role) -> Self {
        match role {
            Role::Server => Self::Server,
            Role::Client => Self::Client,
        }
    }
}

/// A certificate to be made: named `<role>.<region>.<domain>`, and `localhost`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeafParams {
    pub role: LeafRole,
    pub region: Region,
    /// `nomad` unless somebody wants certificates for something else: agents accept each other by this one alone.
    pub domain: String,
    /// Further names, exact or with `*` as their first label. None may stand for more than `role` and `region` do.
    pub dns_names: Vec<String>,
    /// Further addresses; 127.0.0.1 and ::1 are always among them.
    pub ip_addresses: Vec<IpAddr>,
    /// Ends with the authority's own at the latest.
    pub lifetime: Duration,
    pub now: SystemTime,
}

impl LeafParams {
    #[must_use]
    pub fn new(role: LeafRole, region: Region, lifetime: Duration, now: SystemTime) -> Self {
        let domain = "nomad".to_owned();
        Self { role, region, domain, dns_names: Vec::new(), ip_addresses: Vec::new(), lifetime, now }
    }
}
