//! Proxies, which the agent uses when its operator says so and not because its environment names one.

use std::collections::BTreeMap;

use muster_testkit::artifacts::Proxy;

use crate::site::{site_with, source};

#[test]
fn a_proxy_of_the_environment_is_used_once_the_operator_lets_downloads_see_it() {
    let proxy = Proxy::start();
    let files = || BTreeMap::from([("/tool".to_owned(), b"echo tool".to_vec())]);
    let named = |config: &str| {
        site_with(files(), config, |options| {
            options.env.push(("HTTPS_PROXY".to_owned(), proxy.url()));
            options.env.push(("NO_PROXY".to_owned(), "elsewhere.test".to_owned()));
        })
    };
    let unseen = named("");
    unseen.run("direct", &source(&unseen.server.url("/tool"), ""), "sh local/tool");
    assert_eq!(unseen.printed("direct"), "tool\n");
    assert_eq!(proxy.take_asked(), Vec::<String>::new());

    let seen = named("    set_environment_variables = \"HTTPS_PROXY,NO_PROXY\"");
    let server = seen.server.url("").replace("https://", "");
    seen.run("file", &source(&seen.server.url("/tool"), ""), "sh local/tool");
    assert_eq!(seen.printed("file"), "tool\n");
    assert_eq!(proxy.take_asked(), std::slice::from_ref(&server));
    seen.repositories.make("tools", &[("v1", &[("say", "echo said")])]);
    let repository = seen.server.url("/git/tools.git").replace("https://", "git::https://");
    seen.run("git", &source(&repository, ""), "sh local/say");
    assert_eq!(seen.printed("git"), "said\n");
    let asked = proxy.take_asked();
    assert!(!asked.is_empty() && asked.iter().all(|target| *target == server), "{asked:?}");
}
