//! What an operator can do about a certificate that does not fit this agent.

use std::path::Path;

use muster_ids::Region;
use muster_rpc::{CertificateFault, Identity, PkiError, Role};

/// What the certificate is wanted for.
pub(super) struct Wanted<'a> {
    pub(super) roles: &'a [Role],
    pub(super) region: &'a Region,
    pub(super) certificate: &'a Path,
    pub(super) ca: &'a Path,
}

impl Wanted<'_> {
    /// A server may do all that a client may.
    fn role(&self) -> Role {
        if self.roles.contains(&Role::Server) { Role::Server } else { Role::Client }
    }

    pub(super) fn explain(&self, error: &PkiError) -> String {
        match error {
            PkiError::Certificate { fault: CertificateFault::NoRole { found, common_name }, .. } => {
                let mut text = format!(
                    "`{}` does not name `{}`, which tells other agents what this one is; {}. {}",
                    self.certificate.display(),
                    self.name(),
                    found_names(found, common_name.as_deref()),
                    self.reissue()
                );
                // An address is no name that anybody could be trusted by.
                if let Some(name) = found.iter().find(|name| can_be_mapped(name)) {
                    text.push_str(&format!(
                        "\nOr, where that authority cannot issue such names, let others stand for the role on every agent of the region (docs/tls.md tells what that risks):\n    tls {{ role_names {{ {} = [\"{name}\"] }} }}",
                        self.role()
                    ));
                }
                text
            }
            other => other.to_string(),
        }
    }

    /// # Errors
    /// When the certificate is good, and of somebody else.
    pub(super) fn check(&self, identity: &Identity) -> Result<(), String> {
        if identity.role().may_act_as(self.role()) && identity.region() == self.region {
            return Ok(());
        }
        Err(format!(
            "`{}` is the certificate of a {} of region `{}`, but this agent is a {} of region `{}` and needs `{}`. {}",
            self.certificate.display(),
            identity.role(),
            identity.region(),
            self.role(),
            self.region,
            self.name(),
            self.reissue()
        ))
    }

    fn name(&self) -> String {
        format!("{}.{}.nomad", self.role(), self.region)
    }

    fn reissue(&self) -> String {
        format!(
            "Issue it again with that name:\n    muster tls cert create -{} -region {} -ca {} -key CA-KEY\nor with openssl, by `DNS:{}` among its subjectAltName",
            self.role(),
            self.region,
            self.ca.display(),
            self.name()
        )
    }
}

fn found_names(found: &[String], common_name: Option<&str>) -> String {
    match common_name {
        Some(name) if found.is_empty() => format!(
            "it has no subject alternative name at all, and its common name `{name}` is never taken for one"
        ),
        _ if found.is_empty() => "it has no subject alternative name at all".to_owned(),
        _ => {
            let names = found.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>();
            format!("its subject alternative names are {}", names.join(", "))
        }
    }
}

fn can_be_mapped(name: &str) -> bool {
    name.contains('.')
        && !name.contains('*')
        && !name.ends_with(".nomad")
        && name.parse::<std::net::IpAddr>().is_err()
}
