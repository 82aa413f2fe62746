#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::BTreeMap;

use muster_model::ArtifactMode;

use super::*;

fn spec(source: &str) -> ArtifactSpec {
    ArtifactSpec {
        source: source.into(),
        destination: "local/".into(),
        mode: ArtifactMode::Any,
        options: BTreeMap::new(),
        headers: BTreeMap::new(),
        insecure: false,
        owner: None,
    }
}

fn plan(source: &str) -> Plan {
    Plan::new(&spec(source), false).unwrap()
}

#[test]
fn sources_that_cannot_be_fetched_say_why() {
    for (source, want) in [
        ("", "source is empty"),
        ("  ", "source is empty"),
        ("https://${nope}/a", "`${nope}`"),
        ("hg::https://host/x", "Mercurial sources are not supported"),
        ("gcs::https://host/x", "Google Cloud Storage sources are not supported"),
        ("storage.googleapis.com/b/x", "Google Cloud Storage sources are not supported"),
        ("ftp://host/x", "scheme `ftp` is unknown"),
        ("nope::https://host/x", "scheme `nope::` is unknown"),
        ("file:///etc/passwd", "`disable_filesystem_isolation`"),
        ("/etc/passwd", "`/etc/passwd` is a file of the client's machine"),
        ("../secret", "is a file of the client's machine"),
        ("git::file:///srv/x", "is a file of the client's machine"),
        ("host/x", "it has no scheme"),
        ("https://", "not a URL"),
        ("github.com/owner", "names no repository"),
        ("github.com/owner/name/dir", "write host/owner/name, and `//` before"),
        ("git::ext::sh -c x", "names no repository"),
        ("git::-uhost/x", "names no repository"),
        ("git::https://host/x?ref=--upload-pack=x", "option ref"),
        ("git::https://host/x?ref=a..b", "option ref"),
        ("git::https://host/x?depth=deep", "option depth"),
        ("git::https://host/x?sshkey=%21", "sshkey is not the base64"),
        ("git::https://host/x?color=red", "option `color` is unknown for git sources"),
        ("s3::https://host", "names no bucket"),
        ("s3::https://host/b/k?aws_profile=x", "option `aws_profile` is unknown for S3 sources"),
        ("s3::https://host/b/k?aws_access_key_id=x", "aws_access_key_secret"),
        ("https://host/a?checksum=sha256:12", "cut off"),
        ("https://host/a?archive=rar", "archive = `rar` is unknown"),
        ("https://host/a?filename=../x", "filename = `../x`"),
        ("https://host/a.zip//../x", "subdirectory `../x`"),
    ] {
        let error = Plan::new(&spec(source), false).unwrap_err().to_string();
        assert!(error.contains(want), "{source}: {error}");
    }
}

#[test]
fn options_in_the_query_are_ours_the_rest_is_sent() {
    let Source::Http { url, .. } = plan("https://host/a?x=1&archive=false&y=2").source else { panic!() };
    assert_eq!(url.as_str(), "https://host/a?x=1&y=2");
}

#[test]
fn file_names_never_hold_a_separator() {
    for (source, want) in [
        ("https://host/dir/tool", "tool"),
        ("https://host/dir/", "dir"),
        ("https://host", "artifact"),
        ("https://host/a%2F..%2Fb", "a_.._b"),
        ("https://host/a%20b", "a b"),
        ("https://host/%2e%2e", "artifact"),
        ("https://host/x?filename=tool", "tool"),
        ("s3::https://host/bucket/dir/tool.exe", "tool.exe"),
    ] {
        assert_eq!(plan(source).file_name, want, "{source}");
    }
}

#[test]
fn archives_are_known_by_name_or_option() {
    for (source, want) in [
        ("https://host/a.tar.gz", ArchiveKind::named("tgz")),
        ("https://host/A.ZIP?x=1", ArchiveKind::named("zip")),
        ("https://host/a?archive=zip", ArchiveKind::named("zip")),
        ("https://host/a.zip?archive=false", None),
        ("https://host/a", None),
        ("git::https://host/a.zip", None),
    ] {
        assert_eq!(plan(source).archive, want, "{source}");
    }
}

#[test]
fn repositories_may_be_written_short() {
    for (source, want, subdir) in [
        ("github.com/owner/name", "https://github.com/owner/name.git", ""),
        ("github.com/owner/name.git?ref=v1", "https://github.com/owner/name.git", ""),
        ("gitlab.com/owner/name//a/b?ref=v1", "https://gitlab.com/owner/name.git", "a/b"),
        ("git::github.com/owner/name", "https://github.com/owner/name.git", ""),
        ("git@host.test:owner/name.git//dir", "ssh://git@host.test/owner/name.git", "dir"),
        ("git::git@host.test:owner/name.git", "ssh://git@host.test/owner/name.git", ""),
        ("git::https://host/x.git//d", "https://host/x.git", "d"),
        ("git::ssh://me@host:22/x", "ssh://me@host:22/x", ""),
    ] {
        let plan = plan(source);
        let Source::Git(request) = &plan.source else { panic!("{source}") };
        assert_eq!((request.url.as_str(), plan.subdir.join("/").as_str()), (want, subdir), "{source}");
    }
}

#[test]
fn credentials_are_not_shown() {
    for (source, want) in [
        ("https://u:p@host/a?token=x#y", "https://host/a"),
        ("git::https://u:p@host/a?sshkey=x", "git::https://host/a"),
        ("git::ssh://git@host/a?sshkey=x", "git::ssh://git@host/a"),
        ("github.com/a/b?sshkey=x", "github.com/a/b"),
    ] {
        assert_eq!(without_secrets(source), want);
    }
}
