//! Artifacts through the real binary, called `nomad`: https with a private authority, archives and their limits, git,
//! S3, proxies, and that nothing of them stays.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "../common/mod.rs"]
mod common;
mod git;
mod proxies;
mod site;

use std::collections::BTreeMap;
use std::io::{Cursor, Write};
use std::path::Path;

use common::LIMIT;
use muster_testkit::{Python, eventually};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use site::{site, source, walk};

const TOOL: &[u8] = b"#!/bin/sh\necho tool says hello\n";

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        let options = zip::write::SimpleFileOptions::default().unix_permissions(0o755);
        writer.start_file(*name, options).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn tgz(files: &[(&str, &[u8])]) -> Vec<u8> {
    let encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut builder = tar::Builder::new(encoder);
    for (name, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o755);
        builder.append_data(&mut header, name, *content).unwrap();
    }
    builder.into_inner().unwrap().finish().unwrap()
}

/// R016.
#[test]
fn an_internal_https_server_and_a_checksum_before_anything_runs() {
    let sums = format!("{}  other\n{}  tool\n", "0".repeat(64), sha256(TOOL));
    let site = site([("/tool".into(), TOOL.to_vec()), ("/SUMS".into(), sums.into_bytes())].into(), "");
    let url = site.server.url("/tool");
    let checked = |sum: &str| source(&url, &format!("options {{\n checksum = \"{sum}\"\n }}"));
    let right = sha256(TOOL);
    site.run("right", &checked(&format!("sha256:{right}")), "local/tool");
    site.run("wrong", &checked(&format!("sha256:{}", "0".repeat(64))), "local/tool");
    let listed = format!("{url}?checksum=file:{}", site.server.url("/SUMS"));
    site.run("listed", &source(&listed, ""), "local/tool");
    site.run("gone", &source(&site.server.url("/gone?token=hidden"), ""), "true");
    assert_eq!(site.printed("right"), "tool says hello\n");
    assert_eq!(site.printed("listed"), "tool says hello\n");
    let wrong = site.refused("wrong");
    assert!(wrong.contains(&format!("expected {}, got {right}", "0".repeat(64))), "{wrong}");
    let gone = site.refused("gone");
    assert!(gone.contains("404") && !gone.contains("hidden"), "{gone}");

    // What can be seen to be wrong is refused at registration.
    let register = |name: &str, artifact: Value| {
        let mut job = common::shell_job(name, "batch", 1, "true");
        job["TaskGroups"][0]["Tasks"][0]["Artifacts"] = json!([artifact]);
        site.agent.put("/v1/jobs", &json!({"Job": job})).unwrap()
    };
    let (status, text) = register("empty", json!({"GetterSource": ""}));
    assert!(status >= 400 && text.contains("source must be specified"), "{status} {text}");
    let cut = json!({"GetterSource": url, "GetterOptions": {"checksum": &format!("sha256:{right}")[..20]}});
    let (status, text) = register("cut", cut);
    assert!(status >= 400 && text.contains("sha256 takes 64 hexadecimal digits, got 13"), "{status} {text}");
    // Where only the node sees it, the node says it.
    site.run("late", &source(&format!("{url}?checksum=sha256:{}", &right[..13]), ""), "true");
    let late = site.refused("late");
    assert!(late.contains("has 13 hex digits, but sha256 has 64; was it cut off?"), "{late}");
}

/// R018.
#[test]
fn archives_are_unpacked_within_limits() {
    let zeros = vec![0; 300_000];
    let names: Vec<String> = (0..60).map(|at| format!("f{at}")).collect();
    let many: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b"x"[..])).collect();
    let files = [
        ("/tool.zip", zip(&[("bin/tool", TOOL)])),
        ("/tool.tgz", tgz(&[("bin/tool", TOOL)])),
        ("/large.zip", zip(&[("zeros", &zeros)])),
        ("/large.tgz", tgz(&[("zeros", &zeros)])),
        ("/many.zip", zip(&many)),
        ("/many.tgz", tgz(&many)),
    ];
    let files = files.into_iter().map(|(path, body)| (path.to_owned(), body)).collect();
    let limits = "    decompression_size_limit = \"100kB\"\n    decompression_file_count_limit = 50";
    let site = site(files, limits);
    for kind in ["zip", "tgz"] {
        let fetch = |what: &str| source(&site.server.url(&format!("/{what}.{kind}")), "");
        site.run(&format!("tool-{kind}"), &fetch("tool"), "local/bin/tool");
        site.run(&format!("large-{kind}"), &fetch("large"), "true");
        site.run(&format!("many-{kind}"), &fetch("many"), "true");
    }
    for kind in ["zip", "tgz"] {
        assert_eq!(site.printed(&format!("tool-{kind}")), "tool says hello\n");
        let large = site.refused(&format!("large-{kind}"));
        assert!(large.contains("more than 100000 bytes (`decompression_size_limit`"), "{large}");
        let many = site.refused(&format!("many-{kind}"));
        assert!(many.contains("more than 50 files (`decompression_file_count_limit`"), "{many}");
    }
}

/// What passes through is never held: a few windows and blocks, whatever the size.
#[test]
fn memory_does_not_grow_with_an_artifact() {
    const SIZE: usize = 128 << 20;
    let content = vec![7; SIZE];
    let mut builder = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(SIZE as u64);
    header.set_mode(0o644);
    builder.append_data(&mut header, "large", &content[..]).unwrap();
    let packed = builder.into_inner().unwrap();
    let site = site([("/large".to_owned(), content), ("/large.tar".to_owned(), packed)].into(), "");
    let peak_kb = || -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", site.agent.pid())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    };
    let before = peak_kb();
    for name in ["large", "large.tar"] {
        let job = name.replace('.', "-");
        site.run(&job, &source(&site.server.url(&format!("/{name}")), ""), "stat -c %s local/large");
        assert_eq!(site.printed(&job), format!("{SIZE}\n"));
    }
    let grown = peak_kb() - before;
    println!("peak memory grew by {grown} kB over {} MiB of artifacts", 2 * (SIZE >> 20));
    assert!(grown < 48 << 10, "{grown} kB");
}

/// R032: once an allocation is destroyed, nothing of its artifacts is on the disk.
#[test]
fn nothing_of_an_artifact_stays_after_its_allocation() {
    let marker = b"forensic-marker-of-this-artifact".repeat(64);
    let files =
        [("/kept.zip".to_owned(), zip(&[("dir/marked", &marker)])), ("/marked".to_owned(), marker.clone())];
    let site = site(files.into(), "");
    let holds = |text: &[u8]| text.windows(32).any(|window| window == &marker[..32]);
    let found = || {
        let mut found = Vec::new();
        walk(&site.root.path().join("agent"), &mut |path, is_dir| {
            if !is_dir && std::fs::read(path).is_ok_and(|content| holds(&content)) {
                found.push(path.to_owned());
            }
        });
        found
    };
    site.run("kept", &source(&site.server.url("/kept.zip"), ""), "cat local/dir/marked > /dev/null");
    let checksum = format!("options {{\n checksum = \"sha256:{}\"\n }}", "0".repeat(64));
    site.run("broken", &source(&site.server.url("/marked"), &checksum), "true");
    site.printed("kept");
    site.refused("broken");
    assert_eq!(found().len(), 1, "the one of the job that ran: {:?}", found());
    for job in ["kept", "broken"] {
        site.agent.cli(&["job", "stop", "-purge", "-detach", job]).ok();
    }
    site.agent.cli(&["system", "gc"]).ok();
    eventually("the allocations' directories being gone", LIMIT, || {
        let left = found();
        if left.is_empty() { Ok(()) } else { Err(format!("{left:?}")) }
    });
}

/// R017: S3.
#[test]
fn s3_objects_and_prefixes() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let Some(python) = Python::named(repository, Path::new(env!("CARGO_TARGET_TMPDIR")), "s3") else {
        return;
    };
    let port = muster_testkit::free_port().to_string();
    let _s3 = python.serve("s3.py", &[&port]);
    let site = site(BTreeMap::new(), "");
    let address = format!("s3::http://127.0.0.1:{port}/tools");
    let keys = "options {\n aws_access_key_id = \"testing\"\n aws_access_key_secret = \"testing\"\n region = \"us-east-1\"\n }";
    let checksum = |sum: &str| keys.replace(" }", &format!(" checksum = \"sha256:{sum}\"\n }}"));
    let right = sha256(b"echo one\n");
    for (job, artifact, script, want) in [
        ("object", source(&format!("{address}/bin/one"), keys), "sh local/one", "one\n"),
        ("anonymous", source(&format!("{address}/public"), ""), "sh local/public", "public\n"),
        ("checked", source(&format!("{address}/bin/one"), &checksum(&right)), "sh local/one", "one\n"),
        ("prefix", source(&format!("{address}/bin"), keys), "sh local/one; sh local/deep/two", "one\ntwo\n"),
        ("bucket", source(&format!("{address}/"), keys), "cd local; ls -R | grep -c n-", "30\n"),
        ("archive", source(&format!("{address}/packed.tgz"), keys), "sh local/inner", "inner\n"),
    ] {
        site.run(job, &artifact, script);
        assert_eq!(site.printed(job), want, "{job}");
    }
    for (job, artifact, want) in [
        (
            "no-key",
            source(&format!("{address}/nope"), keys),
            "holds neither the object `nope` nor any below `nope/`",
        ),
        ("private", source(&format!("{address}/bin/one"), ""), "no credentials were given"),
        ("no-bucket", source(&address.replace("tools", "none/x"), keys), "NoSuchBucket"),
        ("wrong", source(&format!("{address}/bin/one"), &checksum(&"0".repeat(64))), &format!("got {right}")),
        ("directory", source(&format!("{address}/bin"), &checksum(&right)), "a checksum covers one file"),
    ] {
        site.run(job, &artifact, "true");
        let event = site.refused(job);
        assert!(event.contains(want), "{job}: {event}");
    }
}
