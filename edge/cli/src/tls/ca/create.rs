//! `tls ca create`

use muster_rpc::{Authority, AuthorityParams, Subject, write_new_pair};

use crate::failure::{Failure, OK, Outcome};
use crate::shell::Shell;
use crate::tls::{authority_files, check_domain, failed, lifetime, now};
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct TlsCaCreate {
    /// How long the authority is valid, in days
    #[arg(long, value_name = "DAYS", default_value_t = 1825)]
    days: u64,
    /// Domain of the certificates; begins the names of the files
    #[arg(long, value_name = "DOMAIN", default_value = "nomad")]
    domain: String,
    /// Let the authority vouch for -domain, -additional-domain and localhost only
    #[arg(long)]
    name_constraint: bool,
    /// Further domain that the authority may vouch for; needs -name-constraint, may be repeated
    #[arg(long, value_name = "DOMAIN")]
    additional_domain: Vec<String>,
    /// Name of the authority
    #[arg(long, value_name = "NAME", default_value = "")]
    common_name: String,
    /// Country of two letters, part of the authority's subject
    #[arg(long, value_name = "COUNTRY", default_value = "")]
    country: String,
    /// Postal code, part of the authority's subject
    #[arg(long, value_name = "CODE", default_value = "")]
    postal_code: String,
    /// Province or state, part of the authority's subject
    #[arg(long, value_name = "PROVINCE", default_value = "")]
    province: String,
    /// City, part of the authority's subject
    #[arg(long, value_name = "LOCALITY", default_value = "")]
    locality: String,
    /// Street and number, part of the authority's subject
    #[arg(long, value_name = "ADDRESS", default_value = "")]
    street_address: String,
    /// Organization, part of the authority's subject
    #[arg(long, value_name = "NAME", default_value = "")]
    organization: String,
    /// Unit of the organization, part of the authority's subject
    #[arg(long, value_name = "NAME", default_value = "")]
    organizational_unit: String,
}

impl Verb for TlsCaCreate {
    async fn run(self, shell: &mut Shell) -> Outcome {
        check_domain(&self.domain)?;
        let [certificate, key] = authority_files(&self.domain);
        let (_, pem) = Authority::generate(&self.params()?).map_err(failed("creating the CA"))?;
        write_new_pair(&certificate, &pem.certificate, &key, &pem.key).map_err(failed("saving the CA"))?;
        shell.line(&format!("==> CA certificate saved to: {}", certificate.display()))?;
        shell.line(&format!("==> CA certificate key saved to: {}", key.display()))?;
        Ok(OK)
    }
}

impl TlsCaCreate {
    fn params(self) -> Result<AuthorityParams, Failure> {
        if !self.name_constraint && !self.additional_domain.is_empty() {
            return Err(Failure::new(
                "-additional-domain needs -name-constraint: without it the authority may vouch for any domain",
            ));
        }
        if !self.country.is_empty() && !is_country(&self.country) {
            return Err(Failure::new(format!(
                "-country takes two letters such as US, not `{}`",
                self.country
            )));
        }
        let subject = Subject {
            common_name: match self.common_name {
                name if name.is_empty() => format!("Nomad Agent CA {}", uuid::Uuid::new_v4().as_u128()),
                name => name,
            },
            country: self.country,
            postal_code: self.postal_code,
            province: self.province,
            locality: self.locality,
            street_address: self.street_address,
            organization: self.organization,
            organizational_unit: self.organizational_unit,
        };
        let name_constraints = match self.name_constraint {
            true => [vec![self.domain], self.additional_domain].concat(),
            false => Vec::new(),
        };
        Ok(AuthorityParams { subject, lifetime: lifetime(self.days)?, now: now(), name_constraints })
    }
}

fn is_country(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_alphabetic())
}
