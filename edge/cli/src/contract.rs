//! The table of flags of the contract, row by row, against the commands of this crate: a flag that is missing, of
//! another kind, or newly refused fails here.

use crate::command::{ROWS, Row};
use crate::parse::{Read, model, read};

/// A command, whether it talks to an agent, and its flags. `name=` takes a value; `!` is refused, each with its reason
/// beside the command.
const COMMANDS: &[(&str, bool, &str)] = &[
    ("acl bootstrap", true, "json t="),
    ("acl policy apply", true, "description= job= group= task="),
    ("acl policy delete", true, ""),
    ("acl policy info", true, ""),
    ("acl policy list", true, "json t="),
    ("acl policy self", true, "json t="),
    ("acl role create", true, "name= description= json t= policy="),
    ("acl role delete", true, ""),
    ("acl role info", true, "by-name json t="),
    ("acl role list", true, "json t="),
    ("acl role update", true, "name= description= no-merge json t= policy="),
    ("acl token create", true, "name= type= global ttl= json t= accessor= policy= role-name= role-id="),
    ("acl token delete", true, ""),
    ("acl token info", true, ""),
    ("acl token list", true, "json t="),
    ("acl token self", true, ""),
    ("acl token update", true, "name= type= policy= role-name= role-id="),
    ("agent-info", true, "json t="),
    ("alloc checks", true, "verbose json t="),
    ("alloc exec", true, "job i t e= task= group="),
    ("alloc fs", true, "verbose H job group= stat f tail n= c="),
    ("alloc logs", true, "verbose job tail f stderr stdout n= c= task= group="),
    ("alloc restart", true, "all-tasks verbose task="),
    ("alloc signal", true, "verbose s= task="),
    ("alloc status", true, "short verbose stats json t= ui!"),
    ("alloc stop", true, "detach verbose no-shutdown-delay"),
    ("deployment fail", true, "detach verbose"),
    ("deployment list", true, "verbose json filter= t="),
    ("deployment pause", true, "verbose"),
    ("deployment promote", true, "detach verbose group="),
    ("deployment resume", true, "detach verbose"),
    ("deployment status", true, "verbose json monitor t= wait= ui!"),
    ("deployment unblock", true, "detach verbose"),
    ("eval list", true, "verbose json t= ui! per-page= page-token= filter= job= status="),
    ("eval status", true, "monitor verbose json t= ui!"),
    ("fmt", false, "check write list recursive"),
    ("job allocs", true, "verbose all json t="),
    ("job deployments", true, "latest verbose all json t="),
    (
        "job dispatch",
        true,
        "detach verbose wait idempotency-token= id-prefix-template= ui! priority= meta= constraint= node= node-pool= \
         datacenter= count= cpu= memory=",
    ),
    ("job eval", true, "force-reschedule detach verbose"),
    ("job history", true, "p full json version= t= diff-tag= diff-version="),
    ("job init", false, "short connect template=! list-templates!"),
    ("job inspect", true, "json hcl with-vars t= version="),
    ("job periodic force", true, "detach verbose"),
    (
        "job plan",
        true,
        "diff policy-override! verbose json json-output hcl2-strict vault-namespace=! t= var= var-file=",
    ),
    ("job promote", true, "detach verbose group="),
    (
        "job restart",
        true,
        "all-tasks batch-size= batch-wait= group= no-shutdown-delay on-error= reschedule task= verbose yes",
    ),
    (
        "job run",
        true,
        "detach verbose output policy-override! preserve-counts preserve-resources json hcl2-strict check-index= \
         consul-namespace=! vault-namespace=! eval-priority= ui! var= var-file=",
    ),
    ("job revert", true, "detach verbose"),
    ("job scale", true, "check-index= detach verbose"),
    ("job scaling-events", true, "verbose"),
    ("job start", true, "detach verbose"),
    ("job status", true, "short evals all-allocs json t= verbose ui!"),
    ("job stop", true, "detach verbose global no-shutdown-delay yes purge eval-priority="),
    ("job tag apply", true, "name= description= version="),
    ("job tag unset", true, "name="),
    ("job validate", true, "json hcl2-strict vault-namespace=! var= var-file="),
    ("monitor", true, "log-level= log-include-location node-id= server-id= json"),
    ("namespace apply", true, "json description= quota="),
    ("namespace create", true, "json description= quota="),
    ("namespace delete", true, ""),
    ("namespace inspect", true, "json t="),
    ("namespace list", true, "json t="),
    ("namespace status", true, "json t="),
    ("node config", true, "servers update-servers"),
    (
        "node drain",
        true,
        "enable disable deadline= detach force no-deadline ignore-system keep-ineligible self yes monitor m= meta=",
    ),
    ("node eligibility", true, "enable disable self"),
    ("node meta apply", true, "unset= node-id="),
    ("node meta read", true, "node-id= t= json"),
    ("node pool apply", true, "json"),
    ("node pool delete", true, ""),
    ("node pool info", true, "json t="),
    ("node pool init", false, "out= quiet"),
    ("node pool jobs", true, "json filter= page-token= per-page= t="),
    ("node pool list", true, "json filter= page-token= per-page= t="),
    ("node pool nodes", true, "json filter= page-token= per-page= t= verbose"),
    (
        "node status",
        true,
        "short os quiet verbose allocs self stats json t= filter= per-page= page-token= ui!",
    ),
    ("operator api", true, "dryrun filter= verbose X= H="),
    ("scaling policy info", true, "verbose json t="),
    ("scaling policy list", true, "verbose json t= type= job="),
    ("operator root keyring list", true, "verbose"),
    ("operator root keyring remove", true, "force"),
    ("operator root keyring rotate", true, "full now prepublish= verbose signing="),
    ("operator scheduler get-config", true, "json t="),
    (
        "operator scheduler set-config",
        true,
        "check-index= scheduler-algorithm= memory-oversubscription= reject-job-registration= pause-eval-broker= \
         preempt-batch-scheduler= preempt-service-scheduler= preempt-sysbatch-scheduler= \
         preempt-system-scheduler= node-limit-for-feasibility-checks=",
    ),
    ("server members", true, "detailed verbose json ui! t="),
    ("status", true, "verbose ui!"),
    ("system gc", true, ""),
    ("system reconcile summaries", true, ""),
    (
        "tls ca create",
        false,
        "days= name-constraint domain= common-name= country= postal-code= province= locality= street-address= \
         organization= organizational-unit= additional-domain=",
    ),
    ("tls ca info", false, ""),
    (
        "tls cert create",
        false,
        "ca= cli client days= domain= key= region= server additional-dnsname= additional-ipaddress=",
    ),
    ("tls cert info", false, ""),
    ("version", false, ""),
];

/// Of every command that talks to an agent.
const CONNECTION: &str = "address= region= namespace= token= ca-cert= ca-path= client-cert= client-key= \
                          tls-server-name= tls-skip-verify insecure no-color force-color";

/// The older single words.
const ALIASES: &[(&str, &str)] = &[
    ("alloc-status", "alloc status"),
    ("client-config", "node config"),
    ("eval-status", "eval status"),
    ("exec", "alloc exec"),
    ("fs", "alloc fs"),
    ("init", "job init"),
    ("inspect", "job inspect"),
    ("logs", "alloc logs"),
    ("node-drain", "node drain"),
    ("node-status", "node status"),
    ("plan", "job plan"),
    ("run", "job run"),
    ("server-members", "server members"),
    ("start", "job start"),
    ("stop", "job stop"),
    ("validate", "job validate"),
];

/// Refused flags are not in the help, and say why.
fn check(row: &Row, name: &str, refused: bool, takes_value: bool) {
    let model = model(row);
    let words = row.words;
    let arg = model.get_arguments().find(|arg| {
        arg.get_long() == Some(name) || arg.get_all_aliases().is_some_and(|all| all.contains(&name))
    });
    let Some(arg) = arg else { unreachable!("`{words}` has no flag `-{name}`") };
    let is_switch = arg.is_require_equals_set();
    assert_eq!(is_switch, !takes_value, "`{words} -{name}` is of another kind");
    let value = if takes_value { "=1" } else { "" };
    let arguments = " x".repeat(model.get_positionals().filter(|arg| arg.is_required_set()).count());
    for dashes in ["-", "--"] {
        let line = format!("nomad {words} {dashes}{name}{value}{arguments}");
        let text = format!("{:?}", read(line.split_whitespace().map(Into::into).collect()));
        assert!(!text.contains("unknown flag"), "{line}: {text}");
        let reason = text.split("is not supported by this version of muster: ").nth(1);
        assert_eq!(reason.is_some_and(|why| why.len() > 10), refused, "{line}: {text}");
    }
}

#[test]
fn every_flag_of_the_contract_is_honoured_or_refused_with_its_reason() {
    for (words, connects, flags) in COMMANDS {
        let row = ROWS.iter().find(|row| row.words == *words);
        let Some(row) = row else { unreachable!("there is no command `{words}`") };
        let connection = if *connects { CONNECTION } else { "" };
        for flag in flags.split_whitespace().chain(connection.split_whitespace()) {
            let bare = flag.trim_end_matches('!');
            check(row, bare.trim_end_matches('='), flag.ends_with('!'), bare.ends_with('='));
        }
    }
}

/// A refusal that is not in the table is one that nobody decided about.
#[test]
fn nothing_else_is_refused() {
    for row in ROWS {
        let Some((_, _, flags)) = COMMANDS.iter().find(|(words, _, _)| *words == row.words) else { continue };
        let expected = flags.split_whitespace().filter(|flag| flag.ends_with('!')).count();
        assert_eq!(row.refused.len(), expected, "{}", row.words);
    }
}

#[test]
fn older_words_mean_their_commands() {
    for (alias, words) in ALIASES {
        let row = ROWS.iter().find(|row| row.alias == Some(alias));
        assert_eq!(row.map(|row| row.words), Some(*words), "{alias}");
    }
}

#[test]
fn commands_that_are_not_built_yet_are_known() {
    for (line, words) in [
        ("nomad volume status x", "volume status"),
        ("nomad operator snapshot save", "operator snapshot save"),
        ("nomad quota", "quota"),
    ] {
        let Read::Refuse(text) = read(line.split_whitespace().map(Into::into).collect()) else {
            unreachable!("{line}")
        };
        assert!(text.starts_with(&format!("`{words}` is not in this version of muster")), "{line}: {text}");
    }
    for (words, _, _) in COMMANDS {
        assert!(!crate::unbuilt::COMMANDS.contains(words), "{words}");
    }
}
