//! A table of expressions and what they come to, written as JSON; and one of those that are refused.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use muster_hcl::{Inputs, Source, Value, evaluate_job_file};

/// What the expressions may refer to.
const AROUND: &str = r#"
variable "count" { default = 3 }
variable "name" { default = "web" }
variable "tags" {
  type    = set(string)
  default = ["b", "a", "b"]
}
locals {
  ports = { http = 80, https = 443 }
  users = [{ name = "ann", age = 30 }, { name = "bob", age = 40 }]
  empty = null
}
"#;

fn evaluate(expression: &str) -> Result<Value, String> {
    let source = Source::new("t.hcl", format!("{AROUND}\nx = {expression}\n"));
    match evaluate_job_file(&source, &Inputs::default()) {
        Ok(body) => Ok(body.attribute("x").unwrap().value.clone()),
        Err(all) => Err(all.iter().map(|one| one.render(&source)).collect::<Vec<_>>().join("\n")),
    }
}

fn json(value: &Value) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => format!("{text:?}"),
        Value::List(items) => format!("[{}]", items.iter().map(json).collect::<Vec<_>>().join(",")),
        Value::Map(entries) => {
            let entries: Vec<_> =
                entries.iter().map(|(key, value)| format!("{key:?}:{}", json(value))).collect();
            format!("{{{}}}", entries.join(","))
        }
    }
}

/// Each pair: expression, value.
const VALUES: &[(&str, &str)] = &[
    // Literals and operators.
    ("1 + 2 * 3", "7"),
    ("(1 + 2) * 3", "9"),
    ("7 / 2", "3.5"),
    ("6 / 2", "3"),
    ("-7 % 3", "-1"),
    ("0.1 + 0.2", "0.3"),
    ("\"5\" + 1", "6"),
    ("18446744073709551615", "18446744073709551615"),
    ("-9223372036854775808", "-9223372036854775808"),
    ("1 == \"1\"", "false"),
    ("1 == 1.0", "true"),
    ("null == null", "true"),
    ("[1, 2] == [1, 2]", "true"),
    ("{a = 1, b = 2} == {b = 2, a = 1}", "true"),
    ("\"10\" > 9", "true"),
    ("!true || 1 < 2 && 2 >= 2", "true"),
    ("false && var.count.nothing", "false"),
    ("\"true\" ? 1 : 2", "1"),
    ("true ? 1 : \"a\"", "\"1\""),
    ("true ? [1] : []", "[1]"),
    ("var.count > 2 ? \"many\" : local.ports.none", "\"many\""),
    ("-var.count", "-3"),
    // Traversals, indexes and splats.
    ("local.ports.http", "80"),
    ("local.ports[\"https\"]", "443"),
    ("local[\"ports\"].http", "80"),
    ("local.users[1].name", "\"bob\""),
    ("local.users.0.name", "\"ann\""),
    ("local.users[\"1\"].age", "40"),
    ("local.users[*].name", "[\"ann\",\"bob\"]"),
    ("local.users.*.name[0]", "\"ann\""),
    ("local.empty[*].x", "[]"),
    ("\"one\"[*]", "[\"one\"]"),
    // For expressions.
    ("[for u in local.users : upper(u.name)]", "[\"ANN\",\"BOB\"]"),
    ("[for k, v in local.ports : \"${k}=${v}\"]", "[\"http=80\",\"https=443\"]"),
    ("[for i, u in local.users : i if u.age > 30]", "[1]"),
    ("{for u in local.users : u.name => u.age}", "{\"ann\":30,\"bob\":40}"),
    ("{for u in local.users : u.age > 20 => u.name...}", "{\"true\":[\"ann\",\"bob\"]}"),
    ("[for k, v in {b = 1, a = 2} : k]", "[\"a\",\"b\"]"),
    ("[for k, v in var.tags : k]", "[\"a\",\"b\"]"),
    ("[for var in [1] : var]", "[1]"),
    // Templates.
    ("\"${var.name}-${var.count}\"", "\"web-3\""),
    ("\"${var.count}\"", "3"),
    ("\"${true}x\"", "\"truex\""),
    ("\"$${keep} %%{too} $$ %\"", "\"${keep} %{too} $$ %\""),
    ("\"%{ if var.count > 2 }many%{ else }few%{ endif }\"", "\"many\""),
    ("\"%{ if true }a\\n\\\"b\\\"%{ endif }\"", "\"a\\n\\\"b\\\"\""),
    ("\"%{ for x in [1, 2] }${x},%{ endfor }\"", "\"1,2,\""),
    ("\"%{ for k, v in {a = 1} }${k}${v}%{ endfor }\"", "\"a1\""),
    ("\"a  ${~ 1 ~}  b\"", "\"a1b\""),
    // What is known only at run time.
    ("\"${node.class}\"", "\"${node.class}\""),
    ("node.class", "\"${node.class}\""),
    ("\"${attr.kernel.name}/${var.name}\"", "\"${attr.kernel.name}/web\""),
    ("\"${env[\"HOME\"]}/x\"", "\"${env[\\\"HOME\\\"]}/x\""),
    ("\"${ NOMAD_PORT_http }\"", "\"${NOMAD_PORT_http}\""),
    ("\"${attr.unique.network.ip-address}:${local.ports.http}\"", "\"${attr.unique.network.ip-address}:80\""),
    ("[\"${meta.rack}\", upper(\"a\")]", "[\"${meta.rack}\",\"A\"]"),
    ("join(\",\", [node.class, \"b\"])", "\"${node.class},b\""),
    // Collections keep the order of the source; keys may be computed.
    (
        "{z = 1, a = 2, (var.name) = 3, \"x y\" = 4, \"${var.name}2\" = 5}",
        "{\"z\":1,\"a\":2,\"web\":3,\"x y\":4,\"web2\":5}",
    ),
    // Functions: strings.
    ("chomp(\"a\\n\\n\")", "\"a\""),
    ("indent(2, \"a\\nb\")", "\"a\\n  b\""),
    ("join(\"-\", [\"a\", \"b\"], [1])", "\"a-b-1\""),
    ("split(\",\", \"a,,b\")", "[\"a\",\"\",\"b\"]"),
    ("substr(\"hello\", 1, 3)", "\"ell\""),
    ("substr(\"hello\", -3, -1)", "\"llo\""),
    ("title(\"hello big-world\")", "\"Hello Big-World\""),
    ("trim(\"?!hi!?\", \"!?\")", "\"hi\""),
    ("trimprefix(\"v1\", \"v\")", "\"1\""),
    ("trimsuffix(\"a.txt\", \".txt\")", "\"a\""),
    ("trimspace(\"  a \\n\")", "\"a\""),
    ("replace(\"a.b.c\", \".\", \"/\")", "\"a/b/c\""),
    ("strrev(\"abc\")", "\"cba\""),
    ("strlen(\"äöü\")", "3"),
    ("lower(\"ABC\")", "\"abc\""),
    // Functions: collections.
    ("chunklist([1, 2, 3], 2)", "[[1,2],[3]]"),
    ("coalesce(null, \"\", \"x\")", "\"x\""),
    ("coalescelist([], [1])", "[1]"),
    ("compact([\"a\", \"\", null])", "[\"a\"]"),
    ("concat([1], [2, 3])", "[1,2,3]"),
    ("concat([[1], [2]]...)", "[1,2]"),
    ("contains([1, 2], 2)", "true"),
    ("distinct([2, 1, 2])", "[2,1]"),
    ("element([1, 2, 3], 4)", "2"),
    ("flatten([1, [2, [3]]])", "[1,2,3]"),
    ("index([\"a\", \"b\"], 1)", "\"b\""),
    ("keys(local.ports)", "[\"http\",\"https\"]"),
    ("values({b = 1, a = 2})", "[2,1]"),
    ("length(local.users) + length(\"ab\") + length(local.ports)", "6"),
    ("lookup(local.ports, \"ssh\", 22)", "22"),
    ("merge({a = 1}, {b = 2}, {a = 3})", "{\"a\":3,\"b\":2}"),
    ("range(3)", "[0,1,2]"),
    ("range(1, 4, 2)", "[1,3]"),
    ("range(3, 0)", "[3,2,1]"),
    ("reverse([1, 2])", "[2,1]"),
    ("setintersection([\"a\", \"b\"], [\"b\", \"c\"])", "[\"b\"]"),
    ("setunion([\"b\"], [\"a\", \"b\"])", "[\"a\",\"b\"]"),
    ("setproduct([\"a\", \"b\"], [1, 2])", "[[\"a\",1],[\"a\",2],[\"b\",1],[\"b\",2]]"),
    ("slice([1, 2, 3], 1, 3)", "[2,3]"),
    ("sort([\"b\", \"a\"])", "[\"a\",\"b\"]"),
    ("zipmap([\"a\"], [1])", "{\"a\":1}"),
    // Functions: numbers.
    ("abs(-2)", "2"),
    ("ceil(1.2) + floor(1.8)", "3"),
    ("log(8, 2)", "3"),
    ("max(1, \"3\", 2)", "3"),
    ("min([4, 2]...)", "2"),
    ("parseint(\"-ff\", 16)", "-255"),
    ("pow(2, 10)", "1024"),
    ("pow(2, -1)", "0.5"),
    ("signum(-3)", "-1"),
    // Functions: encoding and hashes.
    ("base64encode(\"hi\")", "\"aGk=\""),
    ("base64decode(\"aGk=\")", "\"hi\""),
    (
        "jsonencode({b = [1, null], a = \"<x>\"})",
        "\"{\\\"a\\\":\\\"\\\\u003cx\\\\u003e\\\",\\\"b\\\":[1,null]}\"",
    ),
    ("jsondecode(\"{\\\"a\\\": [1, 2.5, true]}\").a", "[1,2.5,true]"),
    ("urlencode(\"a b&c/é\")", "\"a+b%26c%2F%C3%A9\""),
    ("csvdecode(\"a,b\\n1,\\\"x,\\\"\\\"y\\\"\\n\")", "[{\"a\":\"1\",\"b\":\"x,\\\"y\"}]"),
    ("sha256(\"\")", "\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\""),
    ("uuidv5(\"dns\", \"www.example.com\")", "\"2ed6657d-e927-568b-95e1-2665a8aea6a2\""),
    // Functions: format, regular expressions, networks, time, types.
    ("format(\"%s-%03d-%t-%%\", \"a\", 7, true)", "\"a-007-true-%\""),
    (
        "format(\"%5.1f|%-4s|%+d|%x|%q|%v\", 3.14159, \"a\", 5, 255, \"q\", [1])",
        "\"  3.1|a   |+5|ff|\\\"q\\\"|[1]\"",
    ),
    ("format(\"%[2]s %[1]s\", \"a\", \"b\")", "\"b a\""),
    ("format(\"%e %g %g\", 12345, 1e30, 0.5)", "\"1.234500e+04 1e+30 0.5\""),
    ("formatlist(\"%s:%d\", [\"a\", \"b\"], 80)", "[\"a:80\",\"b:80\"]"),
    ("regex(\"[a-z]+\", \"12abc\")", "\"abc\""),
    ("regex(\"(\\\\d+)-(\\\\d+)\", \"1-2\")", "[\"1\",\"2\"]"),
    ("regex(\"(?P<y>\\\\d+)\", \"2026\")", "{\"y\":\"2026\"}"),
    ("regexall(\"a.\", \"ab ac\")", "[\"ab\",\"ac\"]"),
    ("regex_replace(\"a1b2\", \"[0-9]\", \"<$0>\")", "\"a<1>b<2>\""),
    ("cidrhost(\"10.0.0.0/8\", 258)", "\"10.0.1.2\""),
    ("cidrhost(\"10.0.0.0/24\", -1)", "\"10.0.0.255\""),
    ("cidrhost(\"fd00::/64\", 16)", "\"fd00::10\""),
    ("cidrnetmask(\"10.0.0.0/12\")", "\"255.240.0.0\""),
    ("cidrsubnet(\"10.0.0.0/8\", 8, 2)", "\"10.2.0.0/16\""),
    ("cidrsubnets(\"10.0.0.0/8\", 8, 4, 8)", "[\"10.0.0.0/16\",\"10.16.0.0/12\",\"10.32.0.0/16\"]"),
    (
        "formatdate(\"EEE, DD MMM YYYY 'at' h:mm ZZZ\", \"2026-01-02T15:04:05Z\")",
        "\"Fri, 02 Jan 2026 at 15:04 UTC\"",
    ),
    ("formatdate(\"HH:mm aa Z\", \"2026-01-02T00:04:05+02:30\")", "\"12:04 am +02:30\""),
    ("timeadd(\"2026-12-31T23:30:00Z\", \"1h30m\")", "\"2027-01-01T01:00:00Z\""),
    ("timeadd(\"2026-01-01T00:00:00+01:00\", \"-1s\")", "\"2025-12-31T23:59:59+01:00\""),
    ("convert(\"5\", number)", "5"),
    ("convert([\"b\", \"a\", \"b\"], set(string))", "[\"a\",\"b\"]"),
    ("try(local.ports.none, 5)", "5"),
    ("can(local.ports.none)", "false"),
    ("convert([1, \"a\", true], list(any))", "[\"1\",\"a\",\"true\"]"),
    (
        "convert({ a = 1 }, object({ a = string, b = optional(number), c = optional(number, 3) }))",
        "{\"a\":\"1\",\"b\":null,\"c\":3}",
    ),
    // Functions: YAML.
    ("yamlencode(\"hello\")", "\"\\\"hello\\\"\\n\""),
    (
        "yamlencode({b = [1, {c = \"d\", e = true}, [2, 3]], a = null, f = {g = {}}, h = []})",
        "\"\\\"a\\\": null\\n\\\"b\\\":\\n- 1\\n- \\\"c\\\": \\\"d\\\"\\n  \\\"e\\\": true\\n- - 2\\n  - 3\\n\\\"f\\\":\\n  \\\"g\\\": {}\\n\\\"h\\\": []\\n\"",
    ),
    ("yamlencode({a = \"x\\ny\\n\"})", "\"\\\"a\\\": |\\n  x\\n  y\\n\""),
    (
        "yamldecode(\"a: [1, 2.5, true, null, text]\\nb:\\n  c: yes\\n  1: x\\n\")",
        "{\"a\":[1,2.5,true,null,\"text\"],\"b\":{\"1\":\"x\",\"c\":\"yes\"}}",
    ),
    (
        "yamldecode(yamlencode({a = [\"x\\n\\n\", \"y\\n z\", \" q\\n\", \"\", \"1\"]}))",
        "{\"a\":[\"x\\n\\n\",\"y\\n z\",\" q\\n\",\"\",\"1\"]}",
    ),
    ("yamldecode(\"x: &a {k: 1}\\ny: *a\\nz:\\n  <<: *a\\n\").z.k", "1"),
];

#[test]
fn expressions_come_to_their_values() {
    for (expression, wanted) in VALUES {
        match evaluate(expression) {
            Ok(value) => assert_eq!(json(&value), *wanted, "{expression}"),
            Err(error) => panic!("{expression}: {error}"),
        }
    }
}

/// Each pair: expression, part of the message.
const REFUSALS: &[(&str, &str)] = &[
    ("var.nmae", "`var.nmae` is not declared; did you mean `var.name`?"),
    ("local.port", "did you mean `local.ports`?"),
    ("local.ports.htp", "the map has no entry `htp`; did you mean `http`?"),
    ("local.users[2]", "the list has no element `2`; the list has 2 elements"),
    ("local.users.name", "choose an element first"),
    ("var.tags[0]", "a set has no order"),
    ("1 / 0", "division by zero"),
    ("\"a\" + 1", "`+` cannot use this: a number is needed, but this is the string `a`"),
    ("NOMAD_PORT_http + 1", "`${NOMAD_PORT_http}` is known only when the task runs"),
    ("true ? 1 : []", "the branches of this conditional are a number and a list"),
    ("[1] ? 1 : 2", "the condition is not a bool"),
    ("uper(\"a\")", "there is no function `uper`; did you mean `upper`?"),
    ("upper()", "`upper` takes 1 arguments, not 0; usage: upper(string)"),
    ("upper([])", "`upper`: a string is needed, but this is a list"),
    ("file(\"x\")", "filesystem functions disabled"),
    ("basename(\"x\")", "filesystem functions disabled"),
    ("bcrypt(\"x\")", "there is no randomness here"),
    ("bcrypt(\"x\", 31)", "the cost must be from 4 to 13"),
    ("rsadecrypt(\"aGk=\", \"x\")", "not an RSA private key"),
    ("yamldecode(\"a: [\")", "this is not YAML"),
    ("yamldecode(\"a: 1\\na: 2\")", "this is not YAML"),
    ("timestamp()", "must not depend on the clock"),
    ("uuidv4()", "there is no randomness here"),
    ("a::b()", "no namespaced functions"),
    ("{for x in [1, 1] : x => x}", "the key `1` comes up twice"),
    ("[for x in 5 : x]", "this cannot be walked"),
    ("\"a${null}\"", "but this is null; give a fallback"),
    ("\"a${[1]}\"", "use `jsonencode` or `join`"),
    ("var", "`var` cannot be used as a value of its own"),
    ("{ a.b = 1 }", "this key is ambiguous"),
    ("regex(\"(\", \"a\")", "is not a regular expression"),
    ("format(\"%d\", 1.5)", "a whole number is needed"),
    ("format(\"%s\", 1, 2)", "uses only 1 of 2 values"),
    ("format(\"%z\", 1)", "there is no verb `%z`"),
    ("jsondecode(\"{\")", "this is not JSON"),
    ("cidrhost(\"10.0.0.0/30\", 4)", "has no host 4"),
    ("convert(\"x\", number)", "a number is needed"),
    ("convert(\"x\", text)", "`text` is not a type"),
    ("range(1, 5, -1)", "the step must lead"),
    ("substr(\"a\", 0, -2)", "the length must be -1"),
    ("formatdate(\"Q\", \"2026-01-02T15:04:05Z\")", "`Q` means nothing"),
    ("timeadd(\"yesterday\", \"1h\")", "is not a time"),
    ("timeadd(\"2026-01-02T15:04:05Z\", \"1x\")", "is not a duration"),
];

#[test]
fn refusals_say_what_was_expected_and_how_to_mend_it() {
    for (expression, wanted) in REFUSALS {
        match evaluate(expression) {
            Ok(value) => panic!("{expression} came to {}", json(&value)),
            Err(error) => {
                assert!(error.contains(wanted), "{expression}: {error}");
                assert!(error.starts_with("t.hcl:14:"), "{expression}: {error}");
            }
        }
    }
}

#[test]
fn heredocs_lose_indentation_and_trim_as_in_hcl() {
    // The expected texts were produced with HashiCorp's own parser.
    let cases = [
        ("<<-EOF\n    x\n\n      y\n   \n    z\n    EOF", "x\n\n  y\n   \nz\n"),
        ("<<-EOF\n  a ${1}\nb\n  c\n  EOF", "  a 1\nb\n  c\n"),
        ("<<EOF\n  a ${1 ~}\n    b\n  c\n   ${~ 2}\nEOF", "  a 1    b\n  c\n2\n"),
        ("<<-EOF\n    %{ if true ~}\n      yes\n    %{ endif ~}\n    end\n    EOF", "      yes\n    end\n"),
        ("<<-EOF\n    ${1} x\n      y\n    EOF", "1 x\n  y\n"),
        ("<<-EOF\n    x\n${1}\n    z\n    EOF", "    x\n1\n    z\n"),
        ("<<-EOF\n    x ${~ 1 ~}\n      y\n    z\n    EOF", "x1      y\nz\n"),
        ("<<-EOF\n    x\n  ${~ 1}\n    z\n    EOF", "    x\n1\n    z\n"),
        ("<<-EOF\n    ${1}${2}\n        ${3}\n    EOF", "12\n    3\n"),
        ("<<-EOF\n    a $${x} %%{y}\n      \\n b\n    EOF", "a ${x} %{y}\n  \\n b\n"),
        ("<<-EOF\n    EOF", ""),
        ("<<-EOF\r\n    x\r\n\r\n      y\r\n    EOF", "x\r\n\r\n  y\r\n"),
        (
            "<<EOF\n{{ key \"a\" }} ${node.class} ${env[\"X\"]}\nEOF",
            "{{ key \"a\" }} ${node.class} ${env[\"X\"]}\n",
        ),
    ];
    for (heredoc, wanted) in cases {
        assert_eq!(evaluate(heredoc), Ok(Value::String(wanted.into())), "{heredoc}");
    }
}
