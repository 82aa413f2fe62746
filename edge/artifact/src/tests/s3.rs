//! S3 against prepared answers: what a real server cannot be made to say.

use super::server::{Answer, Server};
use super::*;

fn page(keys: &[&str], next: Option<&str>) -> Answer {
    let contents: String =
        keys.iter().map(|key| format!("<Contents><Key>{key}</Key><Size>1</Size></Contents>")).collect();
    let next = next
        .map(|token| format!("<NextContinuationToken>{token}</NextContinuationToken>"))
        .unwrap_or_default();
    Answer::ok(&format!(
        "<?xml version=\"1.0\"?><ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>b</Name>\
         <IsTruncated>{}</IsTruncated>{next}{contents}</ListBucketResult>",
        !next.is_empty()
    ))
}

fn directory(server: &Server) -> ArtifactSpec {
    let source = server.url("/b/dir?region=eu-west-1&aws_access_key_id=id&aws_access_key_secret=hidden");
    ArtifactSpec { mode: ArtifactMode::Dir, ..spec(format!("s3::{source}")) }
}

#[tokio::test]
async fn every_page_of_a_listing_is_fetched() {
    let answers = [
        page(&["dir/", "dir/one"], Some("token")),
        Answer::ok("1"),
        page(&["dir/deep/two"], None),
        Answer::ok("2"),
    ];
    let (site, server) = (Site::new(), Server::http(answers).await);
    site.fetch(&directory(&server)).await.unwrap();
    assert_eq!((site.read("web/local/one"), site.read("web/local/deep/two")), ("1".into(), "2".into()));
    let asked = server.requests();
    assert!(asked[0].contains("prefix=dir%2F") && asked[0].contains("eu-west-1"), "{}", asked[0]);
    assert!(asked[2].contains("continuation-token=token"), "{}", asked[2]);
    assert!(
        asked[3].starts_with("GET /b/dir/deep/two?") && asked[3].contains("X-Amz-Signature="),
        "{}",
        asked[3]
    );
}

#[tokio::test]
async fn keys_and_sizes_are_not_believed() {
    for key in ["dir/../../../etc/x", "dir/a\\b", "dir//../x"] {
        let (site, server) = (Site::new(), Server::http([page(&[key], None)]).await);
        let error = site.refused(&directory(&server)).await;
        assert!(error.contains("has a name that no file can have"), "{key}: {error}");
        assert!(!error.contains("hidden"), "{error}");
    }
    let answers =
        [page(&["dir/a", "dir/b"], None), Answer::ok(&"x".repeat(600)), Answer::ok(&"x".repeat(600))];
    let (site, server) = (Site::new(), Server::http(answers).await);
    let error = site.refused(&directory(&server)).await;
    assert!(error.contains("larger than the limit"), "{error}");
}
