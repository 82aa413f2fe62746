//! `tls cert info`

use std::path::PathBuf;

use crate::failure::{OK, Outcome};
use crate::shell::Shell;
use crate::tls::show;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct TlsCertInfo {
    /// PEM file of the certificate
    #[arg(value_name = "file")]
    file: PathBuf,
}

impl Verb for TlsCertInfo {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let info = show::certificate(&self.file)?;
        let pairs = show::pairs(&info, shell);
        shell.pairs(&pairs)?;
        Ok(OK)
    }
}
