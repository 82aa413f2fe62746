//! Dispatching parameterized jobs: what a child is, what is refused, and what a token does.

use muster_ids::{NodeId, Text, UnixNanos};
use muster_model::{
    Allowed, AllowedConstraint, Bounds, Constraint, EvalTrigger, Job, JobStatus, JobType, Operand, Overrides,
    Parameterized, Payload, PayloadRule,
};
use muster_state::command::{
    Command, Entry, Event, GarbageCollect, JobDispatch, LaunchCause, PeriodicLaunch, Refusal, Reply,
};
use muster_state::{ChildCounts, State, TOKEN_KEPT};

use crate::build::{
    deregister, dispatch, dispatching, eval_id, job, join, key, node, node_id, parameterized, periodic,
    placement, plan, register, report,
};
use crate::world::World;

fn rules() -> Parameterized {
    Parameterized {
        meta_required: vec!["who".into()],
        meta_optional: vec!["why".into()],
        ..Parameterized::default()
    }
}

fn world(rules: Parameterized) -> World {
    let mut world = World::default();
    let mut parent = parameterized("p", rules);
    parent.meta = [("who".to_owned(), "nobody".into()), ("team".to_owned(), "blue".into())].into();
    assert_eq!(
        world.ok(register(parent, 1)),
        Reply::JobRegistered { job_modify_index: muster_ids::Index(1), eval_id: None }
    );
    world
}

fn by(who: &str, eval: u32) -> JobDispatch {
    JobDispatch { meta: [("who".to_owned(), who.into())].into(), ..dispatching("p", eval) }
}

fn child_of(reply: Reply) -> (String, Option<muster_ids::EvalId>, bool) {
    match reply {
        Reply::JobDispatched { child, eval_id, differs, .. } => (child.to_string(), eval_id, differs),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_child_is_its_parent_with_what_the_dispatch_brought() {
    let mut world = world(rules());
    let asked = JobDispatch {
        payload: Some(Payload::new(b"work")),
        id_infix: Some("nightly".into()),
        priority: Some(77),
        ..by("me", 2)
    };
    let (child, eval, _) = child_of(world.ok(dispatch(asked)));
    let seconds = world.now().time().0 / 1_000_000_000;
    let suffix = child.strip_prefix(&format!("p/dispatch-nightly-{seconds}-")).unwrap();
    assert!(suffix.len() == 8 && suffix.bytes().all(|byte| byte.is_ascii_hexdigit()), "{child}");
    let now = world.now();
    let (parent, child) = (now.job(&key("p")).unwrap(), now.job(&key(&child)).unwrap());
    assert_eq!((&*child.name, child.parent_id.as_ref()), (child.id.as_str(), Some(&parent.id)));
    assert_eq!((child.priority, child.status, child.dispatched), (77, JobStatus::Pending, true));
    assert_eq!(child.payload.as_ref().unwrap().bytes(), b"work");
    let meta: Vec<(&str, &str)> = child.meta.iter().map(|(key, value)| (key.as_str(), &**value)).collect();
    assert_eq!(meta, [("team", "blue"), ("who", "me")]);
    assert!(child.groups.is_one_with(&parent.groups), "what neither changes they share");
    assert_eq!(parent.status, JobStatus::Running);
    let eval = now.eval(eval.unwrap()).unwrap();
    assert_eq!((eval.trigger, &eval.job_id), (EvalTrigger::JobRegister, &child.id));
    assert!(matches!(&*world.events, [Event::JobRegistered(_), Event::EvalUpdated(_)]));
    assert_eq!(now.evals().count(), 1, "the parent is never evaluated");
    assert_eq!(now.children(&key("p")).len(), 1);
}

#[test]
fn what_the_parent_does_not_ask_for_is_refused_and_nothing_is_stored() {
    let required = Parameterized { payload: PayloadRule::Required, ..rules() };
    let forbidden = Parameterized { payload: PayloadRule::Forbidden, ..rules() };
    let payload = |bytes: usize| Some(Payload::new(&vec![1; bytes]));
    let text = |of: JobDispatch, rules: Parameterized| {
        let mut world = world(rules);
        let before = world.now().hash();
        let refusal = world.run(dispatch(of)).unwrap_err().to_string();
        assert_eq!(world.now().jobs().count(), 1);
        assert_ne!(world.now().hash(), before, "only the position in the log moved");
        refusal
    };
    assert_eq!(text(by("me", 2), required), "Payload is not provided but required by parameterized job");
    assert_eq!(
        text(JobDispatch { payload: payload(1), ..by("me", 2) }, forbidden),
        "Payload provided but forbidden by parameterized job"
    );
    assert_eq!(
        text(JobDispatch { payload: payload(16_385), ..by("me", 2) }, rules()),
        "Payload exceeds maximum size; 16385 > 16384"
    );
    let mut meta = by("me", 2);
    meta.meta.extend([("b".to_owned(), Text::from("")), ("a".to_owned(), Text::from(""))]);
    assert_eq!(text(meta, rules()), "Dispatch request included unpermitted metadata keys: [a b]");
    let mut unnamed = by("me", 2);
    unnamed.meta.insert(String::new(), "x".into());
    assert_eq!(text(unnamed, rules()), "Dispatch request included metadata with an empty key");
    let missing = dispatching("p", 2);
    assert_eq!(text(missing, rules()), "Dispatch did not provide required meta keys: [who]");
    assert_eq!(
        text(JobDispatch { priority: Some(101), ..by("me", 2) }, rules()),
        "dispatch job priority must be between [1, 100]"
    );
    let spaced = JobDispatch { id_infix: Some("a b".into()), ..by("me", 2) };
    assert!(text(spaced, rules()).contains("it must not contain a space"));
}

#[test]
fn only_parameterized_jobs_that_are_not_stopped_are_dispatched() {
    let mut world = world(rules());
    world.ok(register(job("plain", JobType::Batch), 2));
    let refusal = world.run(dispatch(dispatching("nobody", 3))).unwrap_err();
    assert_eq!(refusal.to_string(), "parameterized job not found");
    let refusal = world.run(dispatch(dispatching("plain", 3))).unwrap_err();
    assert_eq!(refusal.to_string(), "Specified job \"plain\" is not a parameterized job");
    let (child, ..) = child_of(world.ok(dispatch(by("me", 4))));
    let refusal = world.run(dispatch(dispatching(&child, 5))).unwrap_err();
    assert_eq!(refusal.to_string(), format!("Specified job \"{child}\" is not a parameterized job"));
    let reply = world.ok(deregister("p", false, 6));
    assert!(matches!(reply, Reply::JobDeregistered { eval_id: None, .. }), "{reply:?}");
    assert_eq!(world.now().job(&key("p")).unwrap().status, JobStatus::Dead);
    let refusal = world.run(dispatch(by("me", 7))).unwrap_err();
    assert_eq!(refusal.to_string(), "Specified job \"p\" is stopped");
    world.ok(register(parameterized("p", rules()), 8));
    assert_eq!(world.now().job(&key("p")).unwrap().status, JobStatus::Running);
    assert_eq!(world.now().evals_by_job(&key("p")).count(), 0);
}

#[test]
fn one_token_is_one_child_and_another_content_is_told() {
    let mut world = world(rules());
    let asked = JobDispatch { token: Some("t".into()), ..by("me", 2) };
    let first = child_of(world.ok(dispatch(asked.clone())));
    assert_eq!((first.1, first.2), (Some(eval_id(2)), false));
    let again = world.apply(
        (3..203).map(|eval| dispatch(JobDispatch { eval_id: eval_id(eval), ..asked.clone() })).collect(),
    );
    for reply in again {
        assert_eq!(child_of(reply.unwrap()), (first.0.clone(), None, false));
    }
    for other in [
        JobDispatch { payload: Some(Payload::new(b"x")), ..asked.clone() },
        JobDispatch { meta: [("who".to_owned(), "you".into())].into(), ..asked.clone() },
        JobDispatch { priority: Some(3), ..asked.clone() },
        JobDispatch { overrides: Overrides { nodes: vec![node_id(1)], ..Overrides::default() }, ..asked },
    ] {
        assert_eq!(child_of(world.ok(dispatch(other))), (first.0.clone(), None, true));
    }
    assert_eq!(world.now().children(&key("p")).len(), 1);
    // Without a token each is another, also within one second and entry.
    let many = world.apply((300..400).map(|eval| dispatch(by("me", eval))).collect());
    let ids: std::collections::BTreeSet<_> =
        many.into_iter().map(|reply| child_of(reply.unwrap()).0).collect();
    assert_eq!((ids.len(), world.now().children(&key("p")).len()), (100, 101));
    assert_eq!(world.now().job(&key(&first.0)).unwrap().dispatch_token.as_deref(), Some("t"));
}

fn collect(world: &mut World, child: &str) {
    world.ok(deregister(child, true, 9000));
}

/// Applies one command at a time of our own.
fn at(state: &mut State, time: UnixNanos, command: Command) -> Result<Reply, Refusal> {
    let index = state.snapshot().index().next();
    let reply = state.apply(index, &Entry { time, commands: vec![command] }).replies.pop().unwrap();
    muster_state::invariants::check(&state.snapshot()).unwrap();
    reply
}

#[test]
fn a_token_outlives_its_child_for_a_day_and_its_parent() {
    let mut world = world(rules());
    let asked = JobDispatch { token: Some("t".into()), ..by("me", 2) };
    let (child, ..) = child_of(world.ok(dispatch(asked.clone())));
    collect(&mut world, &child);
    assert!(world.now().job(&key(&child)).is_none());
    assert_eq!(child_of(world.ok(dispatch(asked.clone()))), (child.clone(), None, false), "no second run");
    world.ok(deregister("p", true, 3));
    world.ok(register(parameterized("p", rules()), 4));
    assert_eq!(child_of(world.ok(dispatch(asked.clone()))), (child.clone(), None, false));

    let mut state = world.state;
    let later = state.snapshot().time().after(TOKEN_KEPT);
    let fresh = child_of(at(&mut state, later, dispatch(asked.clone())).unwrap());
    assert!(fresh.0 != child && fresh.1.is_some(), "{fresh:?}");
    // A child that is there keeps its token, however old.
    let much_later = later.after(TOKEN_KEPT * 3);
    let again = at(&mut state, much_later, dispatch(asked)).unwrap();
    assert_eq!(child_of(again), (fresh.0, None, false));
}

#[test]
fn children_are_counted_by_status_and_collected_like_any_job() {
    let mut world = world(rules());
    world.ok(join(node(1)));
    let counts = |world: &World| world.now().job_summary(&key("p")).children.unwrap();
    assert_eq!(counts(&world), ChildCounts::default());
    let (first, ..) = child_of(world.ok(dispatch(by("me", 2))));
    world.ok(dispatch(by("me", 3)));
    assert_eq!(counts(&world), ChildCounts { pending: 2, ..ChildCounts::default() });
    let mut start = plan(&first, 2, 0, world.index());
    start.placements = vec![placement(1, 1, &[])];
    let mut done = muster_model::Evaluation::clone(world.now().eval(eval_id(2)).unwrap());
    done.status = muster_model::EvalStatus::Complete;
    start.evals_if_whole = vec![done];
    world.plan(start);
    assert_eq!(counts(&world), ChildCounts { pending: 1, running: 1, dead: 0 });
    world.ok(report(1, 1, muster_model::ClientStatus::Complete));
    assert_eq!(counts(&world), ChildCounts { pending: 1, running: 0, dead: 1 });
    let collect = |jobs: Vec<&str>| {
        Command::GarbageCollect(GarbageCollect {
            evals: vec![eval_id(2)],
            allocs: vec![crate::build::alloc_id(1)],
            jobs: jobs.into_iter().map(key).collect(),
            nodes: vec![],
            ..GarbageCollect::default()
        })
    };
    let reply = world.ok(collect(vec!["p", &first]));
    assert!(matches!(reply, Reply::Collected { jobs: 1, .. }), "a parent that runs stays: {reply:?}");
    assert_eq!(counts(&world), ChildCounts { pending: 1, ..ChildCounts::default() });
    // A purged parent is not forgotten before its last child is.
    world.ok(deregister("p", true, 4));
    let left: Vec<String> = world.now().jobs().map(|job| job.id.to_string()).collect();
    assert_eq!((left.len(), world.now().child_counts(&key("p")).pending), (1, 1));
    world.ok(deregister(&left[0], true, 5));
    assert_eq!(world.now().child_counts(&key("p")), ChildCounts::default());
}

#[test]
fn a_child_stays_one_when_it_is_registered_again() {
    let mut world = world(rules());
    let (child, ..) =
        child_of(world.ok(dispatch(JobDispatch { payload: Some(Payload::new(b"x")), ..by("me", 2) })));
    let stored = world.now().job(&key(&child)).cloned().unwrap();
    let again = Job { priority: 90, payload: None, parent_id: None, dispatched: false, ..(*stored).clone() };
    world.ok(register(again, 3));
    let now = world.now();
    let changed = now.job(&key(&child)).unwrap();
    assert_eq!((changed.version, changed.priority, changed.dispatched), (1, 90, true));
    assert_eq!((&changed.parent_id, &changed.payload), (&stored.parent_id, &stored.payload));
    let plain = Job { parameterized: None, ..(*stored).clone() };
    assert_eq!(
        world.run(register(plain, 4)).unwrap_err().to_string(),
        "cannot update parameterized job to being non-parameterized"
    );
    assert_eq!(
        world.run(register(job("p", JobType::Batch), 4)).unwrap_err().to_string(),
        "cannot update parameterized job to being non-parameterized"
    );
}

#[test]
fn a_parameterized_periodic_job_is_dispatched_as_a_periodic_one() {
    let mut world = World::default();
    let both = Job { periodic: periodic("x").periodic, ..parameterized("p", Parameterized::default()) };
    world.ok(register(both, 1));
    assert_eq!(world.now().scheduled_jobs().count(), 0, "it waits to be dispatched");
    let (child, eval, _) = child_of(world.ok(dispatch(dispatching("p", 2))));
    assert_eq!(eval, None);
    assert_eq!(world.now().job(&key(&child)).unwrap().status, JobStatus::Running);
    let launch = PeriodicLaunch { key: key(&child), eval_id: eval_id(3), cause: LaunchCause::Force };
    world.ok(Command::PeriodicLaunch(launch));
    let now = world.now();
    let run = now.children(&key(&child)).pop().unwrap().clone();
    assert!(!run.makes_children() && run.periodic.is_none() && now.eval(eval_id(3)).is_some());
}

fn allowing() -> Parameterized {
    let allowed = Allowed {
        constraints: [(
            "${meta.ou}".to_owned(),
            AllowedConstraint {
                operators: vec![Operand::Equal],
                values: vec!["finance".into(), "hr-*".into()],
                required: false,
            },
        )]
        .into(),
        nodes: 2,
        node_pools: vec!["default".into(), "gpu".into()],
        datacenters: vec!["eu-*".into()],
        counts: [("web".to_owned(), Bounds { min: 1, max: 3 })].into(),
        cpu: [("web/main".to_owned(), Bounds { min: 100, max: 500 })].into(),
        memory: [("web/main".to_owned(), Bounds { min: 10, max: 256 })].into(),
    };
    Parameterized { allow: Some(Box::new(allowed)), ..Parameterized::default() }
}

fn on(left: &str, operand: Operand, right: &str) -> Overrides {
    let constraint = Constraint { left: left.into(), operand, right: right.into() };
    Overrides { constraints: vec![constraint], ..Overrides::default() }
}

#[test]
fn what_is_declared_may_be_set_and_nothing_else_changes() {
    let mut world = world(allowing());
    world.apply(vec![join(node(1)), join(node(2))]);
    let overrides = Overrides {
        nodes: vec![node_id(1), node_id(2)],
        node_pool: Some("default".parse().unwrap()),
        datacenters: vec!["eu-west".parse().unwrap()],
        counts: [("web".to_owned(), 3)].into(),
        cpu: [("web/main".to_owned(), 400)].into(),
        memory: [("web/main".to_owned(), 20)].into(),
        ..on("${meta.ou}", Operand::Equal, "hr-east")
    };
    let (child, ..) = child_of(world.ok(dispatch(JobDispatch { overrides, ..dispatching("p", 2) })));
    let now = world.now();
    let (parent, child) = (now.job(&key("p")).unwrap(), now.job(&key(&child)).unwrap());
    let constraints: Vec<String> = child.constraints.iter().map(ToString::to_string).collect();
    let nodes = format!("${{node.unique.id}} set_contains_any {},{}", node_id(1), node_id(2));
    assert_eq!(constraints, ["${meta.ou} = hr-east".to_owned(), nodes]);
    assert_eq!(child.datacenters, ["eu-west".parse().unwrap()]);
    assert_eq!((child.groups[0].count, child.groups[1].count), (3, 1));
    let resources = &child.groups[0].tasks[0].resources;
    assert_eq!((resources.cpu_mhz, resources.memory_mb), (400, 20));
    assert_eq!(child.groups[1], parent.groups[1]);
    assert_eq!((parent.groups[0].count, parent.groups[0].tasks[0].resources.cpu_mhz), (2, 300));
}

#[test]
fn what_is_not_declared_or_out_of_bounds_is_refused_with_every_reason() {
    let mut world = world(allowing());
    world.ok(join(node(1)));
    let stranger = NodeId::from_bytes([9; 16]);
    let empty = Overrides::default;
    for (overrides, reason) in [
        (
            on("${meta.rack}", Operand::Equal, "r1"),
            "a constraint on `${meta.rack}` may not be set: the job's `parameterized` block does not allow it",
        ),
        (
            on("${meta.ou}", Operand::NotEqual, "hr-x"),
            "a constraint on `${meta.ou}` may not use the operator `!=`; allowed: `=`",
        ),
        (
            on("${meta.ou}", Operand::Equal, "legal"),
            "a constraint on `${meta.ou}` may not be `legal`; allowed: `finance`, `hr-*`",
        ),
        (on("${meta.ou}", Operand::Equal, "hr-${meta.x}"), "may not be `hr-${meta.x}`"),
        (Overrides { nodes: vec![node_id(1); 3], ..empty() }, "at most 2 nodes may be named; got 3"),
        (Overrides { nodes: vec![stranger], ..empty() }, "names nonexistent node 09090909-"),
        (
            Overrides { node_pool: Some("dmz".parse().unwrap()), ..empty() },
            "the node pool may not be `dmz`; allowed: `default`, `gpu`",
        ),
        (Overrides { node_pool: Some("gpu".parse().unwrap()), ..empty() }, "nonexistent node pool \"gpu\""),
        (
            Overrides { datacenters: vec!["us-1".parse().unwrap()], ..empty() },
            "the datacenter may not be `us-1`",
        ),
        (
            Overrides { counts: [("web".to_owned(), 4)].into(), ..empty() },
            "the count of group `web` must be between 1 and 3; got 4",
        ),
        (
            Overrides { counts: [("db".to_owned(), 1)].into(), ..empty() },
            "the count of group `db` may not be set",
        ),
        (
            Overrides { cpu: [("db/main".to_owned(), 100)].into(), ..empty() },
            "`cpu` of task `db/main` may not be set",
        ),
        (
            Overrides { memory: [("web/main".to_owned(), 1000)].into(), ..empty() },
            "`memory` of task `web/main` must be between 10 and 256; got 1000",
        ),
    ] {
        let refusal = world.run(dispatch(JobDispatch { overrides, ..dispatching("p", 2) })).unwrap_err();
        assert!(refusal.to_string().contains(reason), "{refusal}");
    }
    let two = Overrides { counts: [("web".to_owned(), 0)].into(), ..on("${meta.x}", Operand::Equal, "y") };
    let refusal = world.run(dispatch(JobDispatch { overrides: two, ..dispatching("p", 2) })).unwrap_err();
    assert_eq!(refusal.to_string().matches("; ").count(), 1 + 1, "{refusal}");
    assert_eq!(world.now().jobs().count(), 1);
}

#[test]
fn a_constraint_may_be_demanded() {
    let mut rules = allowing();
    rules.allow.as_mut().unwrap().constraints.get_mut("${meta.ou}").unwrap().required = true;
    let mut world = world(rules);
    let refusal = world.run(dispatch(dispatching("p", 2))).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "Dispatch request is not permitted: a constraint on `${meta.ou}` is required"
    );
    let overrides = on("${meta.ou}", Operand::Equal, "finance");
    world.ok(dispatch(JobDispatch { overrides, ..dispatching("p", 3) }));
    assert_eq!(world.now().children(&key("p")).len(), 1);
}
