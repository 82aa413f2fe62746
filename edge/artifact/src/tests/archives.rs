//! Archives through the whole way: download, unpack, put in place.

use std::io::{Cursor, Write};

use muster_model::ArtifactMode;

use super::server::{Answer, Server};
use super::*;
use crate::archive::ExtractLimits;

/// A file of an archive under test.
const SCRIPT: &str = "#!/bin/sh\necho hello\n";

fn tar(files: &[(&str, &str)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o4755);
        header.set_mtime(1_000_000_000);
        builder.append_data(&mut header, name, content.as_bytes()).unwrap();
    }
    builder.into_inner().unwrap()
}

fn zip(files: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        let options = zip::write::SimpleFileOptions::default().unix_permissions(0o755);
        writer.start_file(*name, options).unwrap();
        writer.write_all(content.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn packed(kind: &str, content: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    match kind {
        "gz" => {
            let mut encoder = flate2::write::GzEncoder::new(&mut out, flate2::Compression::fast());
            encoder.write_all(content).unwrap();
            encoder.finish().unwrap();
        }
        "bz2" => {
            let mut encoder = bzip2::write::BzEncoder::new(&mut out, bzip2::Compression::fast());
            encoder.write_all(content).unwrap();
            encoder.finish().unwrap();
        }
        "xz" => {
            let mut encoder = liblzma::write::XzEncoder::new(&mut out, 1);
            encoder.write_all(content).unwrap();
            encoder.finish().unwrap();
        }
        "zst" => out = zstd::encode_all(content, 1).unwrap(),
        _ => out = content.to_vec(),
    }
    out
}

fn serve(body: Vec<u8>) -> Answer {
    Answer::Bytes(body)
}

fn roomy() -> ArtifactLimits {
    ArtifactLimits { max_bytes: 1 << 20, ..limits() }
}

#[tokio::test]
async fn every_kind_of_archive_is_unpacked_by_its_name() {
    let files = [("bin/run.sh", SCRIPT), ("README", "read me")];
    let tars = [
        ("a.tar", ""),
        ("a.tar.gz", "gz"),
        ("a.tgz", "gz"),
        ("a.tar.bz2", "bz2"),
        ("a.tbz2", "bz2"),
        ("a.tar.xz", "xz"),
        ("a.txz", "xz"),
        ("a.tar.zst", "zst"),
        ("a.tzst", "zst"),
    ];
    let mut archives: Vec<_> = tars.iter().map(|(name, kind)| (*name, packed(kind, &tar(&files)))).collect();
    archives.push(("a.zip", zip(&files)));
    for (name, body) in archives {
        let (site, server) = (Site::new(), Server::http([serve(body)]).await);
        site.fetch_with(&roomy(), &spec(server.url(&format!("/{name}")))).await.unwrap();
        assert_eq!(site.read("web/local/bin/run.sh"), SCRIPT, "{name}");
        let want = ["web/local", "web/local/README", "web/local/bin", "web/local/bin/run.sh", "web/secrets"];
        assert_eq!(site.files(), want, "{name}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = site.root.path().join("web/local/bin/run.sh").metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o7777, 0o755, "{name}: set-user-id is not kept");
        }
    }
}

#[tokio::test]
async fn a_compressed_file_loses_its_ending() {
    for kind in ["gz", "bz2", "xz", "zst"] {
        let (site, server) = (Site::new(), Server::http(vec![serve(packed(kind, b"hello")); 2]).await);
        let source = server.url(&format!("/tool.{kind}"));
        site.fetch(&spec(source.clone())).await.unwrap();
        assert_eq!(site.read("web/local/tool"), "hello", "{kind}");
        let named = ArtifactSpec { mode: ArtifactMode::File, destination: "local/x".into(), ..spec(source) };
        site.fetch(&named).await.unwrap();
        assert_eq!(site.read("web/local/x"), "hello", "{kind}");
    }
}

#[tokio::test]
async fn modes_and_options_choose_what_is_put_in_place() {
    let one = zip(&[("deep", "hello")]);
    let two = zip(&[("a/b/one", "1"), ("a/two", "2")]);
    let answers = [&one, &two, &two, &two, &two, &one].map(|body| serve(body.clone()));
    let server = Server::http(answers).await;
    let url = |path: &str| server.url(path);
    let as_file =
        |source| ArtifactSpec { mode: ArtifactMode::File, destination: "local/f".into(), ..spec(source) };
    let as_dir = |source| ArtifactSpec { mode: ArtifactMode::Dir, ..spec(source) };

    let site = Site::new();
    site.fetch_with(&roomy(), &as_file(url("/x.zip"))).await.unwrap();
    assert_eq!(site.files(), ["web/local", "web/local/f", "web/secrets"]);
    let site = Site::new();
    let error = site.fetch_with(&roomy(), &as_file(url("/x.zip"))).await.unwrap_err();
    assert!(error.contains("`mode = \"file\"` wants one file"), "{error}");
    site.fetch_with(&roomy(), &as_dir(url("/x.zip//a"))).await.unwrap();
    assert_eq!(site.read("web/local/b/one"), "1");
    let error = site.fetch_with(&roomy(), &as_dir(url("/x.zip//nope"))).await.unwrap_err();
    assert!(error.contains("subdirectory `nope` is not in it"), "{error}");
    // Over what is there, without taking anything else away.
    std::fs::write(site.root.path().join("web/local/kept"), "mine").unwrap();
    site.fetch_with(&roomy(), &spec(url("/x?archive=zip"))).await.unwrap();
    assert_eq!((site.read("web/local/kept"), site.read("web/local/a/two")), ("mine".into(), "2".into()));
    site.fetch_with(&roomy(), &spec(url("/x.zip?archive=false&filename=kept.zip"))).await.unwrap();
    assert_eq!(std::fs::read(site.root.path().join("web/local/kept.zip")).unwrap(), one);
    let error = site.fetch(&as_dir(url("/plain"))).await.unwrap_err();
    assert!(error.contains("single file, but a directory was asked for"), "{error}");
}

#[tokio::test]
async fn bombs_end_at_their_limits() {
    let zeros = "0".repeat(200_000);
    let many: Vec<String> = (0..60).map(|at| format!("f{at}")).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|name| (name.as_str(), "x")).collect();
    let extract = ExtractLimits { bytes: 100_000, files: 50, ratio: 1_000 };
    let limits = ArtifactLimits { extract, ..roomy() };
    for (name, body, want) in [
        ("a.zip", zip(&[("zeros", &zeros)]), "more than 100000 bytes (`decompression_size_limit`"),
        ("a.tgz", packed("gz", &tar(&[("zeros", &zeros)])), "more than 100000 bytes"),
        ("a.gz", packed("gz", zeros.as_bytes()), "more than 100000 bytes"),
        ("a.zip", zip(&many), "more than 50 files (`decompression_file_count_limit`"),
        ("a.tgz", packed("gz", &tar(&many)), "more than 50 files"),
    ] {
        let (site, server) = (Site::new(), Server::http([serve(body)]).await);
        let error = site.fetch_with(&limits, &spec(server.url(&format!("/{name}")))).await.unwrap_err();
        assert!(error.contains(want), "{name}: {error}");
        assert_eq!(site.files(), ["web/secrets"]);
    }
}

#[tokio::test]
async fn what_is_damaged_or_no_archive_leaves_nothing() {
    let whole = packed("gz", &tar(&[("a", "hello"), ("b", "world")]));
    for (name, body) in [
        ("a.zip", b"not a zip at all".to_vec()),
        ("a.tar", b"not a tar at all".to_vec()),
        ("a.tgz", b"not gzip at all".to_vec()),
        ("a.tgz", whole[..whole.len() - 12].to_vec()),
        ("a.tar", tar(&[("a", "hello")])[..700].to_vec()),
        ("a.tar", tar(&[("a", "hello")])[..1024].to_vec()),
        ("a.zip", zip(&[("a", "hello")])[..40].to_vec()),
        ("a.xz", packed("xz", b"hello")[..30].to_vec()),
        ("a.zst", packed("zst", &[7; 5_000])[..10].to_vec()),
        ("a.bz2", packed("bz2", b"hello")[..20].to_vec()),
    ] {
        let (site, server) = (Site::new(), Server::http([serve(body)]).await);
        let error = site.fetch_with(&roomy(), &spec(server.url(&format!("/{name}")))).await.unwrap_err();
        assert!(error.contains(&format!("archive `{name}`: is damaged")), "{name}: {error}");
        assert_eq!(site.files(), ["web/secrets"]);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn directories_that_are_links_are_not_written_through() {
    let outside = tempfile::tempdir().unwrap();
    let server = Server::http([serve(zip(&[("sub/file", "x")]))]).await;
    let site = Site::new();
    std::fs::create_dir(site.root.path().join("web/local")).unwrap();
    std::os::unix::fs::symlink(outside.path(), site.root.path().join("web/local/sub")).unwrap();
    site.fetch_with(&roomy(), &spec(server.url("/a.zip"))).await.unwrap();
    assert_eq!(site.read("web/local/sub/file"), "x", "the link is replaced");
    assert!(!site.root.path().join("web/local/sub").is_symlink());
    assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 0);
}
