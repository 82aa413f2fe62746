//! Every function of the contract can be called, and those that need more than their arguments do as they should.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;
use std::sync::Arc;

use muster_hcl::{Files, Inputs, Source, Value, evaluate_job_file};

/// All names of the contract, with arguments that make a value.
const CALLS: &[&str] = &[
    "abs(-1)",
    "abspath(\"a\")",
    "base64decode(\"aGk=\")",
    "base64encode(\"a\")",
    "basename(\"/a/b\")",
    "bcrypt(\"a\", 4)",
    "can(1)",
    "ceil(1.5)",
    "chomp(\"a\\n\")",
    "chunklist([1], 1)",
    "cidrhost(\"10.0.0.0/8\", 1)",
    "cidrnetmask(\"10.0.0.0/8\")",
    "cidrsubnet(\"10.0.0.0/8\", 8, 1)",
    "cidrsubnets(\"10.0.0.0/8\", 8)",
    "coalesce(null, 1)",
    "coalescelist([], [1])",
    "compact([\"\"])",
    "concat([1])",
    "contains([1], 1)",
    "convert(1, string)",
    "csvdecode(\"a\\n1\\n\")",
    "dirname(\"/a/b\")",
    "distinct([1])",
    "element([1], 0)",
    "file(\"a.txt\")",
    "filebase64(\"a.txt\")",
    "fileexists(\"a.txt\")",
    "fileset(\".\", \"*\")",
    "flatten([[1]])",
    "floor(1.5)",
    "format(\"%s\", 1)",
    "formatdate(\"YYYY\", \"2026-01-02T15:04:05Z\")",
    "formatlist(\"%s\", [1])",
    "indent(1, \"a\")",
    "index([1], 0)",
    "join(\",\", [1])",
    "jsondecode(\"1\")",
    "jsonencode(1)",
    "keys({a = 1})",
    "length([1])",
    "log(8, 2)",
    "lookup({a = 1}, \"a\")",
    "lower(\"A\")",
    "max(1)",
    "merge({a = 1})",
    "min(1)",
    "parseint(\"1\", 10)",
    "pathexpand(\"~/a\")",
    "pow(2, 2)",
    "range(1)",
    "replace(\"a\", \"a\", \"b\")",
    "regex_replace(\"a\", \"a\", \"b\")",
    "reverse([1])",
    "setintersection([1], [1])",
    "setproduct([1], [1])",
    "setunion([1], [1])",
    "sha256(\"a\")",
    "sha512(\"a\")",
    "signum(1)",
    "slice([1], 0, 1)",
    "sort([\"a\"])",
    "split(\",\", \"a\")",
    "strlen(\"a\")",
    "strrev(\"a\")",
    "substr(\"a\", 0, 1)",
    "timeadd(\"2026-01-02T15:04:05Z\", \"1h\")",
    "title(\"a\")",
    "trim(\"a\", \"a\")",
    "trimprefix(\"a\", \"a\")",
    "trimspace(\" a\")",
    "trimsuffix(\"a\", \"a\")",
    "try(1)",
    "upper(\"a\")",
    "urlencode(\"a\")",
    "uuidv4()",
    "uuidv5(\"dns\", \"a\")",
    "values({a = 1})",
    "yamldecode(\"a: 1\")",
    "yamlencode(1)",
    "zipmap([\"a\"], [1])",
];

/// Files in memory.
#[derive(Debug, Default)]
struct Memory(BTreeMap<String, Vec<u8>>);

impl Files for Memory {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        self.0.get(path).cloned().ok_or_else(|| format!("cannot read `{path}`: it is not there"))
    }

    fn exists(&self, path: &str) -> Result<bool, String> {
        Ok(self.0.contains_key(path))
    }

    fn list(&self, _directory: &str) -> Result<Vec<String>, String> {
        Ok(self.0.keys().cloned().collect())
    }

    fn absolute(&self, path: &str) -> Result<String, String> {
        Ok(format!("/here/{path}"))
    }

    fn home(&self) -> Option<String> {
        Some("/own".to_owned())
    }
}

fn inputs() -> Inputs {
    let files = [("a.txt", "text ä".as_bytes()), ("d/b.txt", b"b"), ("d/c.bin", &[0xff, 0])];
    let files = files.into_iter().map(|(name, bytes)| (name.to_owned(), bytes.to_vec())).collect();
    Inputs { seed: Some([3; 16]), files: Some(Arc::new(Memory(files))), ..Inputs::default() }
}

fn evaluate(expression: &str) -> Result<Value, String> {
    let source = Source::new("t.hcl", format!("x = {expression}\n"));
    let body = evaluate_job_file(&source, &inputs()).map_err(|all| all[0].render(&source))?;
    Ok(body.attribute("x").unwrap().value.clone())
}

fn text(expression: &str) -> String {
    evaluate(expression).unwrap().as_str().unwrap().to_owned()
}

#[test]
fn every_function_of_the_contract_is_there() {
    assert_eq!(CALLS.len(), 80);
    for call in CALLS {
        if let Err(error) = evaluate(call) {
            assert!(error.is_empty(), "{call}: {error}");
        }
    }
}

#[test]
fn paths_are_taken_apart() {
    for (call, wanted) in [
        ("basename(\"/a/b.txt\")", "b.txt"),
        ("basename(\"a/\")", "a"),
        ("basename(\"\")", "."),
        ("basename(\"///\")", "/"),
        ("dirname(\"/a/b.txt\")", "/a"),
        ("dirname(\"a\")", "."),
        ("dirname(\"/a\")", "/"),
        ("dirname(\"a/./b/../c/d\")", "a/c"),
        ("dirname(\"../../x\")", "../.."),
        ("dirname(\"/../x/y\")", "/x"),
        ("abspath(\"a\")", "/here/a"),
        ("pathexpand(\"~\")", "/own"),
        ("pathexpand(\"~/x\")", "/own/x"),
        ("pathexpand(\"a~b\")", "a~b"),
    ] {
        assert_eq!(text(call), wanted, "{call}");
    }
    assert!(evaluate("pathexpand(\"~bob/x\")").unwrap_err().contains("another user"));
}

#[test]
fn files_are_read_and_listed() {
    assert_eq!(text("file(\"a.txt\")"), "text ä");
    assert_eq!(text("filebase64(\"d/c.bin\")"), "/wA=");
    assert!(evaluate("file(\"d/c.bin\")").unwrap_err().contains("use `filebase64`"));
    assert!(evaluate("file(\"none\")").unwrap_err().contains("cannot read `none`"));
    assert_eq!(
        evaluate("[fileexists(\"a.txt\"), fileexists(\"b\")]"),
        Ok(Value::List(vec![Value::Bool(true), Value::Bool(false)]))
    );
    assert_eq!(text("join(\" \", fileset(\".\", \"**/*.{txt,bin}\"))"), "a.txt d/b.txt d/c.bin");
    assert_eq!(text("join(\" \", fileset(\".\", \"*.txt\"))"), "a.txt");
}

#[test]
fn a_password_hash_fits_its_password_and_differs_each_time() {
    let hash = text("bcrypt(\"secret\", 4)");
    assert!(hash.starts_with("$2a$04$"), "{hash}");
    assert!(bcrypt::verify("secret", &hash).unwrap());
    let two = evaluate("[bcrypt(\"a\", 4), bcrypt(\"a\", 4)]").unwrap();
    assert!(matches!(&two, Value::List(items) if items[0] != items[1]), "{two:?}");
    assert!(evaluate(&format!("bcrypt(\"{}\")", "x".repeat(73))).unwrap_err().contains("at most 72 bytes"));
}

/// Key and ciphertext were made with OpenSSL, as its users do.
#[test]
fn what_openssl_encrypted_is_decrypted() {
    let key = include_str!("functions/key.pem").replace('\n', "\\n");
    let old = include_str!("functions/key-pkcs1.pem").replace('\n', "\\n");
    let secret = include_str!("functions/secret.b64").trim();
    for key in [&key, &old] {
        assert_eq!(text(&format!("rsadecrypt(\"{secret}\", \"{key}\")")), "open sesame");
    }
    let damaged = secret.replacen(|ch: char| ch.is_ascii_lowercase(), "A", 1);
    let refused = evaluate(&format!("rsadecrypt(\"{damaged}\", \"{key}\")"));
    assert!(refused.as_ref().map_or(true, |value| value.as_str() != Some("open sesame")), "{refused:?}");
}
