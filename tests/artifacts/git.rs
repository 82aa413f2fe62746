//! Git repositories over https and ssh, with submodules.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use base64::Engine as _;
use muster_testkit::AgentOptions;
use muster_testkit::artifacts::SshServer;
use tempfile::tempdir;

use crate::site::{site, site_with, source, walk};

/// R017: git.
#[test]
fn git_repositories_by_branch_tag_commit_and_depth() {
    let site = site(BTreeMap::new(), "");
    let first: &[(&str, &str)] = &[("say", "echo first"), ("sub/say", "echo first of sub")];
    let second: &[(&str, &str)] = &[("say", "echo second"), ("link", "link:sub/say")];
    site.repositories.make("tools", &[("v1", first), ("v2", second)]);
    site.repositories.make("evil", &[("v1", &[("out", "link:../../../../etc/passwd")])]);
    let commit = site.repositories.commit("tools", "v1");
    let url = site.server.url("/git/tools.git").replace("https://", "git::https://");
    for (job, address, script, want) in [
        ("head", url.clone(), "sh local/say && test -d local/.git", "second\n"),
        ("tag", format!("{url}?ref=v1"), "sh local/say", "first\n"),
        ("branch", format!("{url}?ref=main&depth=1"), "sh local/link", "first of sub\n"),
        ("commit", format!("{url}?ref={commit}"), "sh local/say", "first\n"),
        ("shallow", format!("{url}?ref={commit}&depth=1"), "sh local/say", "first\n"),
        ("sub", format!("{url}//sub?ref=v1"), "sh local/say; ls -a local", "first of sub\n.\n..\nsay\n"),
    ] {
        site.run(job, &source(&address, ""), script);
        assert_eq!(site.printed(job), want, "{job}");
    }
    for (job, address, want) in [
        ("no-ref", format!("{url}?ref=nope"), "could not check out"),
        ("dashed", format!("{url}?ref=--orphan"), "it begins with a dash"),
        ("escape", url.replace("tools.git", "evil.git"), "`out` is a link that leads out"),
        ("gone", url.replace("tools.git", "gone.git"), "could not clone"),
        ("local", format!("git::file://{}", site.root.path().display()), "may not read"),
    ] {
        site.run(job, &source(&address, ""), "true");
        let event = site.refused(job);
        assert!(event.contains(want), "{job}: {event}");
    }
}

#[test]
fn submodules_come_with_their_repository_unless_they_lie_elsewhere() {
    let site = site(BTreeMap::new(), "");
    site.repositories
        .make("lib", &[("v1", &[("say", "echo of a library")]), ("v2", &[("say", "echo too new")])]);
    let pinned = site.repositories.commit("lib", "v1");
    let server = site.server.url("/git/lib.git");
    let host = format!("file://{}", site.repositories.path("lib").display());
    site.repositories.make_with_submodules("tools", &[("../lib.git", &pinned), (&server, &pinned)]);
    site.repositories
        .make_with_submodules("outer", &[("../tools.git", &site.repositories.commit("tools", "main"))]);
    for (name, address) in
        [("host", host.as_str()), ("command", "ext::sh -c touch% /tmp/x"), ("dashed", "-oProxy=x")]
    {
        site.repositories.make_with_submodules(name, &[(address, &pinned)]);
    }
    let url = |name: &str| site.server.url(&format!("/git/{name}.git")).replace("https://", "git::https://");
    for (job, address, script, want) in [
        ("both", url("tools"), "sh local/lib0/say; sh local/lib1/say", "of a library\nof a library\n"),
        ("nested", url("outer"), "sh local/lib0/lib0/say", "of a library\n"),
        ("shallow", format!("{}?depth=1", url("tools")), "sh local/lib0/say", "of a library\n"),
    ] {
        site.run(job, &source(&address, ""), script);
        assert_eq!(site.printed(job), want, "{job}");
    }
    for name in ["host", "command", "dashed"] {
        site.run(name, &source(&url(name), ""), "true");
        let event = site.refused(name);
        assert!(event.contains("could not fetch submodules of"), "{name}: {event}");
    }
}

/// R017: git over ssh. The hosts that the machine knows are the agent's own here: what lies at `/etc/ssh` for it is a
/// directory of the test's.
#[test]
fn repositories_over_ssh_from_hosts_that_are_known() {
    let root = tempdir().unwrap();
    let Some(sshd) = SshServer::start(root.path()) else { return };
    let machine = root.path().join("etc-ssh");
    std::fs::create_dir(&machine).unwrap();
    let known_hosts = machine.join("ssh_known_hosts");
    let site = site_with(BTreeMap::new(), "", |options| with_own_etc_ssh(options, &machine));
    let (first, second) = ([("say", "echo first")], [("say", "echo second")]);
    site.repositories.make("tools", &[("v1", &first), ("v2", &second)]);
    site.repositories
        .make_with_submodules("outer", &[("../tools.git", &site.repositories.commit("tools", "v1"))]);
    let url = format!("git::{}", sshd.url(&site.repositories.path("tools")));
    let encoded = |key: &str| base64::engine::general_purpose::STANDARD.encode(sshd.private_key(key));
    let with = |options: &str| {
        source(&url, &format!("options {{\n sshkey = \"{}\"\n{options}\n }}", encoded("user")))
    };
    let refused = |job: &str, artifact: &str, want: &str| {
        site.run(job, artifact, "true");
        let event = site.refused(job);
        assert!(event.contains(want), "{job}: {event}");
        assert!(!event.contains("PRIVATE KEY") && !event.contains(&encoded("user")[..40]), "{event}");
    };

    refused("unknown", &with(""), "/etc/ssh/ssh_known_hosts");
    std::fs::write(&known_hosts, sshd.known_host("other_host")).unwrap();
    refused("changed", &with(""), "another key than the one the node knows");

    std::fs::write(&known_hosts, sshd.known_host("host")).unwrap();
    let inner = url.replace("tools.git", "outer.git");
    let inner = source(&inner, &format!("options {{\n sshkey = \"{}\"\n }}", encoded("user")));
    for (job, artifact, script, want) in [
        ("head", with(""), "sh local/say", "second\n"),
        ("tag", with("ref = \"v1\""), "sh local/say", "first\n"),
        ("shallow", with("depth = \"1\""), "sh local/say; wc -l < local/.git/shallow", "second\n1\n"),
        ("submodule", inner, "sh local/lib0/say", "first\n"),
    ] {
        site.run(job, &artifact, script);
        assert_eq!(site.printed(job), want, "{job}");
    }
    let stranger = format!("options {{\n sshkey = \"{}\"\n }}", encoded("stranger"));
    refused("stranger", &source(&url, &stranger), "Permission denied");
    refused("no-key", &source(&url, ""), "Permission denied");

    // Who says `insecure` asks nobody who the host is.
    std::fs::remove_file(&known_hosts).unwrap();
    site.run("insecure", &format!("{}\n        insecure = true", with("")), "sh local/say");
    assert_eq!(site.printed("insecure"), "second\n");

    // Of the key nothing is left in any allocation.
    let mut keys = Vec::new();
    walk(&site.root.path().join("agent"), &mut |path, is_dir| {
        let content = if is_dir { None } else { std::fs::read(path).ok() };
        if content.is_some_and(|content| content.windows(19).any(|window| window == b"OPENSSH PRIVATE KEY")) {
            keys.push(path.to_owned());
        }
    });
    assert_eq!(keys, Vec::<std::path::PathBuf>::new());
}

/// The agent in a mount namespace of its own, which sees `etc_ssh` at `/etc/ssh`.
fn with_own_etc_ssh(options: &mut AgentOptions, etc_ssh: &Path) {
    let wrapper = options.dir.join("nomad-in-namespace");
    let text = format!(
        "#!/bin/sh\nexec unshare --mount sh -c 'mount --bind \"$0\" /etc/ssh && exec \"$@\"' {} {} \"$@\"\n",
        etc_ssh.display(),
        options.binary.display()
    );
    std::fs::write(&wrapper, text).unwrap();
    std::fs::set_permissions(&wrapper, std::fs::Permissions::from_mode(0o755)).unwrap();
    options.binary = wrapper;
}
