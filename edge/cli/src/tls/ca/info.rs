//! `tls ca info`

use std::path::PathBuf;

use crate::failure::{Failure, OK, Outcome};
use crate::shell::Shell;
use crate::tls::show;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct TlsCaInfo {
    /// PEM file of the authority's certificate
    #[arg(value_name = "file")]
    file: PathBuf,
}

impl Verb for TlsCaInfo {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let info = show::certificate(&self.file)?;
        if !info.is_authority {
            return Err(Failure::new(format!(
                "`{}` is not the certificate of an authority; `tls cert info` shows it",
                self.file.display()
            )));
        }
        let pairs = show::pairs(&info, shell);
        shell.pairs(&pairs)?;
        Ok(OK)
    }
}
