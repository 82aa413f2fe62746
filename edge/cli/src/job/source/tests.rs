#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::testing::shell;

fn args(path: &str) -> SourceArgs {
    SourceArgs { path: path.into(), json: false, hcl2_strict: true, var: Vec::new(), var_file: Vec::new() }
}

fn stdin(text: &str, args: &SourceArgs, env: &[(&str, &str)]) -> Result<JobFile, String> {
    let (mut shell, _) = shell();
    shell.input = Box::new(std::io::Cursor::new(text.to_owned()));
    if let [pair] = env {
        shell.env = [*pair].into();
    }
    args.read(&mut shell).map_err(|error| error.to_string())
}

const WITH_VARIABLE: &str = "variable \"n\" {\n  type = string\n}\njob \"web\" {\n  name = var.n\n}\n";

#[test]
fn json_is_known_by_its_content() {
    let read = stdin(r#" {"Job":{"ID":"web"}}"#, &args("-"), &[]).unwrap();
    assert_eq!(read.input.id.as_deref(), Some("web"));
    assert_eq!(read.submission.format, "json");
}

#[test]
fn variables_come_from_flags_files_and_the_environment() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("v.hcl");
    std::fs::write(&path, "n = \"file\"\n").unwrap();
    let env = [("NOMAD_VAR_n", "env")];
    let name = |args: &SourceArgs| stdin(WITH_VARIABLE, args, &env).unwrap().input.name.unwrap();
    let mut given = args("-");
    assert_eq!(name(&given), "env");
    given.var_file.push(path);
    assert_eq!(name(&given), "file");
    given.var.push(("n".into(), "flag".into()));
    assert_eq!(name(&given), "flag");
    let submission = stdin(WITH_VARIABLE, &given, &env).unwrap().submission;
    assert_eq!(submission.source, WITH_VARIABLE);
    assert_eq!(submission.variables, "n = \"file\"\n");
    assert_eq!(submission.variable_flags.get("n").map(String::as_str), Some("flag"));
}

#[test]
fn errors_carry_their_place() {
    let error = stdin("job \"web\" {\n  prioritty = 5\n}\n", &args("-"), &[]).unwrap_err();
    assert!(error.starts_with("Error getting job struct:\nstdin:2:3: "), "{error}");
    let error = stdin(WITH_VARIABLE, &args("-"), &[]).unwrap_err();
    assert!(error.contains("stdin:1:") && error.contains("`n`"), "{error}");
    let error = stdin("", &args("/nowhere/x.hcl"), &[]).unwrap_err();
    assert!(error.contains("`/nowhere/x.hcl`"), "{error}");
}

#[test]
fn undeclared_variables_are_refused_unless_told_otherwise() {
    let mut given = args("-");
    given.var.push(("other".into(), "1".into()));
    assert!(stdin("job \"web\" {}\n", &given, &[]).is_err());
    given.hcl2_strict = false;
    assert!(stdin("job \"web\" {}\n", &given, &[]).is_ok());
}
