//! What all downloads of an agent share: whom to believe, which proxy to use, which passwords to give.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, NoProxy, Proxy, Url};

use super::{HttpError, Netrc, Problem};
use crate::Trust;

#[derive(Clone, Debug)]
pub struct Session {
    trust: Trust,
    netrc: Option<PathBuf>,
    proxies: Vec<(Scheme, String)>,
    no_proxy: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    Http,
    Https,
    All,
}

impl Session {
    /// `environment` holds the variables that the operator lets downloads see; `home` is the agent's.
    pub fn new(trust: Trust, environment: &BTreeMap<String, String>, home: Option<PathBuf>) -> Self {
        let either = |upper: &str| {
            let value = environment.get(&upper.to_ascii_lowercase()).or_else(|| environment.get(upper));
            value.filter(|value| !value.is_empty()).cloned()
        };
        let proxies =
            [("HTTP_PROXY", Scheme::Http), ("HTTPS_PROXY", Scheme::Https), ("ALL_PROXY", Scheme::All)];
        let proxies =
            proxies.into_iter().filter_map(|(name, scheme)| Some((scheme, either(name)?))).collect();
        let netrc =
            environment.get("NETRC").map(PathBuf::from).or_else(|| home.map(|home| home.join(".netrc")));
        Self { trust, netrc, proxies, no_proxy: either("NO_PROXY") }
    }

    pub const fn trust(&self) -> &Trust {
        &self.trust
    }

    /// A client that follows no redirect by itself. `insecure` believes any certificate.
    pub fn client(&self, url: &Url, insecure: bool, timeout: Duration) -> Result<Client, HttpError> {
        let problem = |problem: String| HttpError::new(url, Problem::Transport(problem));
        let tls = self.trust.client_config(insecure).map_err(problem)?;
        let mut builder = Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(Policy::none())
            .no_proxy()
            .connect_timeout(Duration::from_secs(30).min(timeout))
            .read_timeout(Duration::from_secs(60).min(timeout))
            .user_agent(concat!("muster/", env!("CARGO_PKG_VERSION")));
        for (scheme, address) in &self.proxies {
            let proxy = match scheme {
                Scheme::Http => Proxy::http(address),
                Scheme::Https => Proxy::https(address),
                Scheme::All => Proxy::all(address),
            };
            let none = self.no_proxy.as_deref().and_then(NoProxy::from_string);
            let proxy = proxy.map_err(|_| problem("the configured proxy address is not a URL".to_owned()))?;
            builder = builder.proxy(proxy.no_proxy(none));
        }
        builder.build().map_err(|error| HttpError::transport(url, &error))
    }

    /// Adds what the agent's netrc file says of a URL's host. Read each time: passwords change. Blocking, briefly.
    pub fn identify(&self, url: &mut Url) {
        if let Some(path) = &self.netrc {
            Netrc::load(path).apply(url);
        }
    }
}
