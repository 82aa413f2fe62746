//! Runs every file of `tests/scenarios`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use muster_ids::GroupName;
use muster_model::allotment::ranges;
use muster_model::{
    Alloc, AllocatedPort, ClientStatus, DeviceRequest, Eligibility, EvalStatus, Evaluation, Job, JobKey,
    NodeStatus, Placement,
};
use muster_scheduler::Schedule;
use muster_state::Snapshot;

use crate::scenario_text::{self as text, Words};
use crate::world::{World, key, node_id};

#[test]
fn scenarios_end_as_they_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let mut failures = String::new();
    let mut count = 0;
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for file in files.iter().filter(|file| file.extension().is_some_and(|ext| ext == "txt")) {
        for (name, lines) in scenarios(&std::fs::read_to_string(file).unwrap()) {
            count += 1;
            if let Err(failure) = run(&lines) {
                let file = file.file_name().unwrap().to_string_lossy();
                writeln!(failures, "{file}: {name}\n{failure}").unwrap();
            }
        }
    }
    assert!(count > 30, "only {count} scenarios were found");
    assert!(failures.is_empty(), "\n{failures}");
}

/// Splits a file at its `== title` lines.
fn scenarios(text: &str) -> Vec<(String, Vec<String>)> {
    let mut all: Vec<(String, Vec<String>)> = Vec::new();
    for line in text.lines() {
        let line = line.split(" #").next().unwrap().trim_end();
        if let Some(title) = line.strip_prefix("== ") {
            all.push((title.to_owned(), Vec::new()));
        } else if !line.is_empty() && !line.starts_with('#') {
            all.last_mut().unwrap().1.push(line.to_owned());
        }
    }
    all
}

fn run(lines: &[String]) -> Result<(), String> {
    let mut world = World::new();
    let mut at = 0;
    while at < lines.len() {
        let line = &lines[at];
        at += 1;
        let body: Vec<&String> = lines[at..].iter().take_while(|line| line.starts_with(['>', ' '])).collect();
        at += body.len();
        step(&mut world, line, &body)?;
    }
    Ok(())
}

fn step(world: &mut World, line: &str, body: &[&String]) -> Result<(), String> {
    let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
    match verb {
        "node" => world.register_node(text::node(&Words::parse(rest))),
        "job" => world.register_job(job(rest, body)),
        "scheduler" => world.configure(text::config(rest)),
        "pool" => {
            let (name, rest) = rest.split_once(' ').unwrap();
            world.configure_pool(name, &text::config(rest));
        }
        "namespace" => world.register_namespace(text::namespace(&Words::parse(rest))),
        "stop-job" => world.stop_job(key(rest)),
        "down" => world.node_status(node_id(rest), NodeStatus::Down),
        "disconnected" => world.node_status(node_id(rest), NodeStatus::Disconnected),
        "up" => world.node_status(node_id(rest), NodeStatus::Ready),
        "ineligible" => world.node_eligibility(node_id(rest), Eligibility::Ineligible),
        "eligible" => world.node_eligibility(node_id(rest), Eligibility::Eligible),
        "pass" => world.pass(text::duration(rest)),
        "obey" => world.obey(),
        "oversubscribe" => world.memory_oversubscription = true,
        "alloc" => report(world, rest),
        "healthy" | "unhealthy" => {
            for name in rest.split(", ") {
                let alloc = find(&world.snapshot(), name);
                let status = if verb == "healthy" { ClientStatus::Running } else { ClientStatus::Failed };
                world.verdict(&alloc, status, verb == "healthy");
            }
        }
        "promote" => world.promote(&key(rest)),
        "pause" => world.pause(&key(rest), true),
        "resume" => world.pause(&key(rest), false),
        "fail" => world.fail(&key(rest)),
        "stop-alloc" => {
            let id = find(&world.snapshot(), rest).id;
            world.stop_alloc(id);
        }
        "evaluate" => return evaluate(world, &key(rest), body).map_err(|found| format!("  {line}\n{found}")),
        _ => panic!("unknown step `{line}`"),
    }
    Ok(())
}

fn job(rest: &str, body: &[&String]) -> Job {
    let mut job = text::job(&Words::parse(rest));
    for line in body {
        let (verb, rest) = line.trim().split_once(' ').unwrap();
        match verb {
            "constraint" => job.constraints.push(text::constraint(rest)),
            "group-constraint" => job.groups[0].constraints.push(text::constraint(rest)),
            "affinity" => job.affinities.push(text::affinity(rest)),
            "spread" => job.spreads.push(text::spread(rest)),
            "device-constraint" => device(&mut job).constraints.push(text::constraint(rest)),
            "device-affinity" => device(&mut job).affinities.push(text::affinity(rest)),
            "volume" => {
                let volume = text::volume(rest);
                job.groups[0].volumes.insert(volume.name.to_string(), volume);
            }
            _ => panic!("unknown line `{line}` of a job"),
        }
    }
    job
}

/// The device asked for last.
fn device(job: &mut Job) -> &mut DeviceRequest {
    job.groups[0].tasks[0].resources.devices.last_mut().unwrap()
}

/// `name is status` or `name on node is status`.
fn report(world: &mut World, rest: &str) {
    let (which, status) = rest.rsplit_once(" is ").unwrap();
    let status = match status {
        "running" => ClientStatus::Running,
        "failed" => ClientStatus::Failed,
        "complete" => ClientStatus::Complete,
        _ => panic!("unknown client status `{status}`"),
    };
    let alloc = find(&world.snapshot(), which);
    world.report(&alloc, status);
}

/// The newest allocation of that name that its node has not ended.
fn find(snapshot: &Snapshot, which: &str) -> Arc<Alloc> {
    let (name, node) =
        which.split_once(" on ").map_or((which, None), |(name, node)| (name, Some(node_id(node))));
    snapshot
        .allocs()
        .filter(|alloc| !alloc.client_terminal() && alloc.name() == name)
        .filter(|alloc| node.is_none_or(|node| node == alloc.node_id))
        .max_by_key(|alloc| alloc.create_index)
        .unwrap_or_else(|| panic!("no allocation `{which}`"))
        .clone()
}

fn evaluate(world: &mut World, job: &JobKey, body: &[&String]) -> Result<(), String> {
    let eval = world.next_eval(job).unwrap_or_else(|| panic!("no evaluation of {job} is pending"));
    let before = world.snapshot();
    let schedule = world.schedule(&eval);
    world.commit(&schedule);
    let found = told(&before, &world.snapshot(), &schedule, world);
    let wanted: Vec<&str> = body.iter().map(|line| line.trim_start_matches('>').trim()).collect();
    compare(&wanted, &found)
}

/// Every wanted line must match one found line, where `?` stands for any word, and none may be left.
fn compare(wanted: &[&str], found: &[String]) -> Result<(), String> {
    let mut left: Vec<&String> = found.iter().collect();
    let mut missing = Vec::new();
    let mut exact = wanted.to_vec();
    exact.sort_by_key(|line| line.contains('?'));
    for line in exact {
        match left.iter().position(|found| matches(line, found)) {
            Some(at) => drop(left.remove(at)),
            None => missing.push(line),
        }
    }
    if missing.is_empty() && left.is_empty() {
        return Ok(());
    }
    let list = |sign: &str, lines: &[&str]| {
        lines.iter().map(|line| format!("    {sign} {line}\n")).collect::<String>()
    };
    let left: Vec<&str> = left.into_iter().map(String::as_str).collect();
    Err(format!("{}{}", list("missing:", &missing), list("surplus:", &left)))
}

fn matches(wanted: &str, found: &str) -> bool {
    let (wanted, found) = (wanted.split_whitespace(), found.split_whitespace());
    wanted.clone().count() == found.clone().count()
        && wanted.zip(found).all(|(wanted, found)| wanted == "?" || wanted == found)
}

/// What a schedule did, in the words of the scenario files.
fn told(before: &Snapshot, after: &Snapshot, schedule: &Schedule, world: &World) -> Vec<String> {
    let mut lines = Vec::new();
    let plan = schedule.plan.as_ref();
    let on = |alloc: &Alloc| format!("{} on {}", alloc.name(), node_name(after, alloc));
    for placement in plan.iter().flat_map(|plan| &plan.placements) {
        let alloc = after.alloc(placement.id).unwrap();
        let verb = if before.alloc(placement.id).is_some() { "update" } else { "place" };
        let given = given(placement);
        let previous = placement.previous.filter(|_| verb == "place").and_then(|id| before.alloc(id));
        let previous = previous.map_or(String::new(), |old| format!(" after {}", node_name(after, old)));
        let canary = if placement.canary && verb == "place" { " canary" } else { "" };
        let version = placement.job_version.map_or(String::new(), |version| format!(" as version {version}"));
        lines.push(format!("{verb} {}{previous}{given}{canary}{version}", on(alloc)));
        for victim in placement.preempts.iter().filter_map(|id| after.alloc(*id)) {
            lines.push(format!("evict {} for {}", on(victim), alloc.name()));
        }
    }
    for stop in plan.iter().flat_map(|plan| &plan.stops) {
        let alloc = after.alloc(stop.id).unwrap();
        let verb = match stop.client_status {
            Some(ClientStatus::Lost) => "lose",
            Some(ClientStatus::Unknown) => "miss",
            _ => "stop",
        };
        lines.push(format!("{verb} {}: {}", on(alloc), stop.description));
    }
    for (name, group) in plan.iter().filter_map(|plan| plan.deployment.as_ref()).flat_map(|new| &new.groups) {
        let canaries = match group.desired_canaries {
            0 => String::new(),
            canaries => format!(" canaries {canaries}"),
        };
        lines.push(format!("begin {name} of {}{canaries}", group.desired_total));
    }
    for update in plan.iter().flat_map(|plan| &plan.deployment_updates) {
        lines.push(format!("deployment {}: {}", update.status, update.description));
    }
    for (group, metric) in &schedule.evals[0].failed_groups {
        let list = |map: &BTreeMap<muster_ids::Text, u32>| {
            map.iter().map(|(why, count)| format!("[{why}]={count}")).collect::<Vec<_>>().join(" ")
        };
        let reasons = [list(&metric.constraint_filtered), list(&metric.dimension_exhausted)];
        let reasons: Vec<&str> = reasons.iter().map(String::as_str).filter(|text| !text.is_empty()).collect();
        let count = failed(&schedule.evals[0], group);
        lines.push(format!("fail {group} x{count} of {}: {}", metric.nodes_evaluated, reasons.join(" ")));
    }
    for (group, queued) in &schedule.evals[0].queued {
        let waiting = queued - failed(&schedule.evals[0], group);
        if waiting > 0 {
            lines.push(format!("wait {group} x{waiting}"));
        }
    }
    for eval in &schedule.evals {
        if eval.status == EvalStatus::Blocked {
            let escaped = if eval.escaped_class { " escaped" } else { "" };
            let again = if before.eval(eval.id).is_some() { "again " } else { "" };
            lines.push(format!("{again}blocked{escaped}"));
        } else if eval.status == EvalStatus::Pending {
            lines.push(format!("look again in {}s", eval.wait_until.since(world.now).as_secs()));
        }
    }
    if lines.is_empty() {
        lines.push("nothing".to_owned());
    }
    lines
}

/// What a placement gets by name.
fn given(placement: &Placement) -> String {
    let allotted = placement.allotted.as_deref();
    let shown = |(at, port): (usize, &AllocatedPort)| {
        let value = if port.value >= 20_000 { "dynamic".to_owned() } else { port.value.to_string() };
        let address = allotted.and_then(|allotted| allotted.address_of(at));
        address.map_or(value.clone(), |address| format!("{value}@{address}"))
    };
    let ports: Vec<String> = placement.ports.iter().enumerate().map(shown).collect();
    let cores = ranges(&allotted.iter().flat_map(|one| one.cores()).collect::<Vec<_>>());
    let devices = allotted.iter().flat_map(|one| one.instances()).map(|key| key.id.to_string());
    let devices: Vec<String> = devices.collect();
    let mut text = String::new();
    for (what, list) in [("port", ports.join(",")), ("cores", cores), ("devices", devices.join(","))] {
        if !list.is_empty() {
            write!(text, " {what} {list}").unwrap();
        }
    }
    if allotted.is_some_and(|one| one.oversubscribed) {
        text.push_str(" oversubscribed");
    }
    text
}

/// How many of the group were not placed for lack of something; the rest of those queued only wait.
fn failed(eval: &Evaluation, group: &GroupName) -> u32 {
    let metric = eval.failed_groups.get(group).filter(|_| eval.queued[group] > 0);
    metric.map_or(0, |metric| metric.coalesced_failures + 1)
}

fn node_name(snapshot: &Snapshot, alloc: &Alloc) -> String {
    snapshot.node(alloc.node_id).map_or_else(|| "?".to_owned(), |node| node.name.to_string())
}

#[test]
fn a_wrong_expectation_fails() {
    let run = |expected: &str| {
        let lines = ["node a", "job web", "evaluate web", expected];
        super::scenario::run(&lines.map(str::to_owned))
    };
    assert_eq!(run("> place web.g[0] on a"), Ok(()));
    for wrong in ["> place web.g[0] on b", "> place web.g[1] on a", "> nothing"] {
        assert!(run(wrong).is_err(), "{wrong}");
    }
}
