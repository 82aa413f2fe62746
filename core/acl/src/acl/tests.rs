#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::Workload;

fn allowed(rules: &str) -> Acl {
    Acl::of([&Policy::parse(rules).unwrap().policy])
}

fn namespace(name: &str) -> Namespace {
    Namespace::new(name).unwrap()
}

const READ: Requirement = Requirement::AnyOf(&[Capability::ReadJob]);
const ANY_VARIABLE: Requirement = Requirement::AnyOf(&[Capability::VariableList, Capability::VariableRead]);

fn reads(acl: &Acl, name: &str) -> bool {
    acl.authorize(READ, Some(&namespace(name))).is_ok()
}

fn reads_variable(acl: &Acl, name: &str, path: &str) -> bool {
    let grant = acl.authorize(Requirement::Public, None).unwrap();
    grant.allows_variable(Capability::VariableRead, &namespace(name), path)
}

#[test]
fn without_rules_only_public_routes_are_allowed() {
    let nobody = Acl::nothing();
    assert!(nobody.authorize(Requirement::Public, None).is_ok());
    for capability in Capability::ALL {
        assert!(!nobody.holds(*capability, None), "{}", capability.as_str());
        assert!(!nobody.holds(*capability, Some(&namespace("default"))), "{}", capability.as_str());
        assert!(Acl::Unrestricted.holds(*capability, None));
    }
    assert!(!nobody.namespaces_any(&namespace("default")));
}

#[test]
fn no_policy_whatever_it_says_makes_a_manager() {
    let all = "namespace \"*\" { policy = \"write\" }\nnode_pool \"*\" { policy = \"write\" }\n\
               agent { policy = \"write\" }\nnode { policy = \"write\" }\noperator { policy = \"write\" }\n\
               quota { policy = \"write\" }\nsentinel { policy = \"write\" }\nplugin { policy = \"read\" }";
    assert!(allowed(all).authorize(Requirement::AnyOf(&[Capability::Management]), None).is_err());
}

#[test]
fn patterns_bind_to_their_namespaces() {
    let acl = allowed("namespace \"team-*\" { policy = \"read\" }");
    assert!(reads(&acl, "team-a") && !reads(&acl, "other"));
    assert!(acl.authorize(READ, None).is_ok(), "`*` is allowed where any namespace is, and then filtered");
    assert!(acl.namespaces_any(&namespace("team-a")) && !acl.namespaces_any(&namespace("other")));
    let grant = acl.authorize(READ, None).unwrap();
    assert!(grant.allows_namespace(&namespace("team-a")) && !grant.allows_namespace(&namespace("other")));
    assert!(grant.allows_any_in(&namespace("team-a")) && !grant.allows_any_in(&namespace("other")));
}

#[test]
fn the_closest_label_decides_even_where_it_allows_less() {
    let acl = allowed("namespace \"*\" { policy = \"write\" }\nnamespace \"prod-*\" { policy = \"scale\" }");
    let stops = Requirement::AnyOf(&[Capability::SubmitJob]);
    assert!(acl.authorize(stops, Some(&namespace("dev"))).is_ok());
    assert!(acl.authorize(stops, Some(&namespace("prod-1"))).is_err());
    assert!(reads(&acl, "prod-1"));
}

#[test]
fn a_denial_of_one_policy_is_not_undone_by_another() {
    let deny =
        Policy::parse("namespace \"a\" { policy = \"deny\" }\nnode { policy = \"deny\" }").unwrap().policy;
    let write =
        Policy::parse("namespace \"a\" { policy = \"write\" }\nnode { policy = \"write\" }").unwrap().policy;
    for order in [[&deny, &write], [&write, &deny]] {
        let acl = Acl::of(order);
        assert!(!reads(&acl, "a"));
        assert!(acl.authorize(READ, None).is_err(), "nor where any namespace would do");
        assert!(acl.authorize(Requirement::AnyOf(&[Capability::NodeRead]), None).is_err());
    }
}

#[test]
fn pools_and_volumes_are_asked_about_by_name() {
    let acl = allowed(
        "node_pool \"gpu-*\" { policy = \"write\" }\nnode_pool \"gpu-1\" { policy = \"read\" }\n\
         host_volume \"data\" { policy = \"read\" }",
    );
    let deletes = acl.authorize(Requirement::AnyOf(&[Capability::NodePoolDelete]), None).unwrap();
    assert!(deletes.allows_pool(&NodePool::new("gpu-2").unwrap()));
    assert!(!deletes.allows_pool(&NodePool::new("gpu-1").unwrap()));
    assert!(!deletes.allows_pool(&NodePool::new("default").unwrap()));
    assert!(deletes.allows_host_volume(Capability::MountReadonly, "data"));
    assert!(!deletes.allows_host_volume(Capability::MountReadwrite, "data"));
    assert!(!deletes.allows_host_volume(Capability::MountReadonly, "other"));
    assert!(!deletes.allows_host_volume(Capability::NodePoolDelete, "data"), "that is not about volumes");
}

#[test]
fn variables_are_asked_about_by_namespace_and_path() {
    let acl = allowed(
        "namespace \"team-*\" { variables {\n path \"*\" { capabilities = [\"list\"] }\n\
         path \"app/*\" { capabilities = [\"read\"] }\n path \"app/key\" { capabilities = [\"deny\"] } } }\n\
         namespace \"team-b\" { policy = \"deny\" }",
    );
    assert!(reads_variable(&acl, "team-a", "app/x"));
    assert!(!reads_variable(&acl, "team-a", "app/key"));
    assert!(!reads_variable(&acl, "team-a", "other"));
    assert!(!reads_variable(&acl, "team-b", "app/x"), "a namespace that is denied hides its variables");
    assert!(!reads_variable(&acl, "other", "app/x"));
    assert!(acl.authorize(ANY_VARIABLE, Some(&namespace("team-a"))).is_ok());
    assert!(acl.authorize(ANY_VARIABLE, Some(&namespace("team-b"))).is_err());
    assert!(acl.authorize(ANY_VARIABLE, Some(&namespace("other"))).is_err());
    assert!(acl.authorize(ANY_VARIABLE, None).is_ok());
    assert!(!acl.namespaces_any(&namespace("team-a")), "variables alone do not show a namespace");
}

#[test]
fn a_workload_reads_what_is_named_after_it_unless_a_rule_spells_it_out() {
    let own = Workload {
        namespace: namespace("team"),
        job: "web".to_owned(),
        group: "front".to_owned(),
        task: "nginx".to_owned(),
    };
    let of = |rules: &str| {
        let policy = Policy::parse(rules).unwrap().policy;
        Acl::Rules(Arc::new(Rules::of([&policy]).for_workload(own.clone())))
    };
    let plain = of("");
    for path in ["nomad/jobs", "nomad/jobs/web", "nomad/jobs/web/front", "nomad/jobs/web/front/nginx"] {
        assert!(reads_variable(&plain, "team", path), "{path}");
        assert!(!reads_variable(&plain, "other", path), "{path}");
        let grant = plain.authorize(ANY_VARIABLE, Some(&namespace("team"))).unwrap();
        assert!(!grant.allows_variable(Capability::VariableWrite, &namespace("team"), path), "{path}");
    }
    for path in
        ["nomad", "nomad/jobs/", "nomad/jobs/we", "nomad/jobs/web/back", "nomad/jobs/web/front/nginx/x"]
    {
        assert!(!reads_variable(&plain, "team", path), "{path}");
    }
    assert!(plain.authorize(ANY_VARIABLE, Some(&namespace("other"))).is_err());
    let pattern = "namespace \"team\" { variables { path \"nomad/*\" { capabilities = [\"deny\"] } } }";
    assert!(reads_variable(&of(pattern), "team", "nomad/jobs/web"), "patterns come after it");
    let exact = "namespace \"team\" { variables { path \"nomad/jobs/web\" { capabilities = [\"deny\"] } } }";
    assert!(!reads_variable(&of(exact), "team", "nomad/jobs/web"), "what is spelled out comes before it");
}

#[test]
fn the_table_begins_with_what_is_about_namespaces() {
    let of_namespaces = Capability::ALL.iter().filter(|one| one.scope() == crate::Scope::Namespace);
    assert!(of_namespaces.eq(Capability::IN_NAMESPACE));
}
