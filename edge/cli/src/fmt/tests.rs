#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::io::Cursor;
use std::path::Path;

use super::*;
use crate::testing::shell;

const MESSY: &str = "job \"x\"{\ntype=\"batch\"\n}\n";
const NEAT: &str = "job \"x\" {\n  type = \"batch\"\n}\n";

fn fmt(paths: &[&Path]) -> Fmt {
    let paths = paths.iter().map(|path| path.to_path_buf()).collect();
    Fmt { paths, check: false, list: true, write: true, recursive: false }
}

async fn run(command: Fmt, input: &str) -> (u8, String, String) {
    let (mut sh, captured) = shell();
    sh.input = Box::new(Cursor::new(input.as_bytes().to_vec()));
    let outcome = command.run(&mut sh).await;
    (sh.finish(outcome), captured.out(), captured.err())
}

#[tokio::test]
async fn files_are_rewritten_and_listed_when_they_change() {
    let root = tempfile::tempdir().unwrap();
    let (one, two) = (root.path().join("a.nomad"), root.path().join("sub/b.nomad.hcl"));
    fs::create_dir(root.path().join("sub")).unwrap();
    fs::write(&one, MESSY).unwrap();
    fs::write(&two, MESSY).unwrap();
    fs::write(root.path().join("c.txt"), MESSY).unwrap();
    let (code, out, _) = run(fmt(&[root.path()]), "").await;
    assert_eq!((code, out), (0, format!("{}\n", one.display())));
    assert_eq!(fs::read_to_string(&one).unwrap(), NEAT);
    assert_eq!(fs::read_to_string(&two).unwrap(), MESSY, "only -recursive goes there");
    let (code, out, _) = run(Fmt { recursive: true, ..fmt(&[root.path()]) }, "").await;
    assert_eq!((code, out), (0, format!("{}\n", two.display())));
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 3, "nothing is left behind");
    assert_eq!(run(fmt(&[root.path()]), "").await.1, "");
}

#[tokio::test]
async fn check_writes_nothing_and_fails() {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("a.hcl");
    fs::write(&file, MESSY).unwrap();
    let (code, out, _) = run(Fmt { check: true, ..fmt(&[&file]) }, "").await;
    assert_eq!((code, out), (1, format!("{}\n", file.display())));
    assert_eq!(fs::read_to_string(&file).unwrap(), MESSY);
    let (code, out, _) = run(Fmt { write: false, list: false, ..fmt(&[&file]) }, "").await;
    assert_eq!((code, out.as_str()), (0, NEAT));
    fs::write(&file, NEAT).unwrap();
    assert_eq!(run(Fmt { check: true, ..fmt(&[&file]) }, "").await, (0, String::new(), String::new()));
}

#[tokio::test]
async fn standard_input_goes_to_standard_output() {
    let (code, out, _) = run(fmt(&[Path::new("-")]), MESSY).await;
    assert_eq!((code, out.as_str()), (0, NEAT));
    let (code, out, _) = run(Fmt { check: true, ..fmt(&[Path::new("-")]) }, MESSY).await;
    assert_eq!((code, out.as_str()), (1, ""));
}

#[tokio::test]
async fn what_cannot_be_formatted_is_explained_and_the_rest_is_done() {
    let root = tempfile::tempdir().unwrap();
    let (bad, good) = (root.path().join("a.hcl"), root.path().join("b.hcl"));
    fs::write(&bad, "a = = 1\n").unwrap();
    fs::write(&good, MESSY).unwrap();
    let text = root.path().join("c.txt");
    fs::write(&text, "").unwrap();
    let (code, _, err) = run(fmt(&[&bad, &good, &text, &root.path().join("none.hcl")]), "").await;
    assert_eq!(code, 1);
    assert!(err.contains("a.hcl:1:5:") && err.contains("1 | a = = 1"), "{err}");
    assert!(err.contains("c.txt` is neither") && err.contains("none.hcl"), "{err}");
    assert_eq!(fs::read_to_string(&good).unwrap(), NEAT);
}
