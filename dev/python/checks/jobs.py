"""python-nomad through the life of a job: parsed, validated, planned, registered, listed, evaluated, stopped.

Arguments: port of an agent.
"""

import copy
import sys
import time

import nomad
from nomad.api.exceptions import BadRequestNomadException, BaseNomadException, InvalidParameters
from nomad.api.exceptions import URLNotFoundNomadException

api = nomad.Nomad(host="127.0.0.1", port=int(sys.argv[1]), timeout=20)


def eventually(what, probe):
    deadline = time.monotonic() + 60
    while True:
        found = probe()
        if found:
            return found
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def refused(error, call):
    try:
        call()
    except error as refusal:
        return refusal.nomad_resp.text
    raise AssertionError("was not refused")


def running(job):
    return [one for one in api.job.get_allocations(job) if one["ClientStatus"] == "running"]


HCL = """
job "life" {
  meta {
    team = "ops"
  }
  group "g" {
    count = 2
    task "t" {
      driver = "raw_exec"
      config {
        command = "/bin/sleep"
        args    = ["1000"]
      }
      resources {
        cpu    = 10
        memory = 10
      }
    }
  }
}
"""

# Parsed, with defaults or without, and what is wrong said with its place.
written = api.jobs.parse(HCL)
assert written["ID"] == "life" and written.get("Priority") is None, written
job = api.jobs.parse(HCL, canonicalize=True)
assert job["Priority"] == 50 and job["TaskGroups"][0]["RestartPolicy"]["Mode"], job
text = refused(BadRequestNomadException, lambda: api.jobs.parse('job "x" {\n group "g" {\n count = \n'))
assert "input.hcl:2" in text and "never closed" in text, text

# Validated.
answer = api.validate.validate_job({"Job": job}).json()
assert answer["ValidationErrors"] is None and answer["Error"] == "", answer
wrong = copy.deepcopy(job)
wrong["Priority"], wrong["TaskGroups"][0]["Count"] = 0x7FFFFFFF, -1
answer = api.validate.validate_job({"Job": wrong}).json()
assert len(answer["ValidationErrors"]) >= 2 and answer["Error"], answer

# Planned: nothing of it stays.
plan = api.job.plan_job("life", {"Job": written}, diff=True)
assert plan["Diff"]["Type"] == "Added" and plan["JobModifyIndex"] == 0, plan
assert plan["Annotations"]["DesiredTGUpdates"]["g"]["Place"] == 2 and not plan["FailedTGAllocs"], plan
assert "life" not in api.jobs and "life" not in api.job
refused(BadRequestNomadException, lambda: api.job.plan_job("other", {"Job": written}))

# Registered, as both routes do it.
assert api.jobs.register_job({"Job": written})["JobModifyIndex"] > 0
eventually("two allocations", lambda: len(running("life")) == 2)
plan = api.job.plan_job("life", {"Job": written}, diff=True, policy_override=False)
assert plan["Diff"]["Type"] == "None" and plan["Annotations"]["DesiredTGUpdates"]["g"]["Ignore"] == 2, plan
changed = copy.deepcopy(written)
changed["TaskGroups"][0]["Tasks"][0]["Config"]["args"] = ["2000"]
plan = api.job.plan_job("life", {"Job": changed}, diff=True)
assert plan["Diff"]["Type"] == "Edited", plan
# One at a time, as the default update strategy has it.
assert plan["Annotations"]["DesiredTGUpdates"]["g"]["DestructiveUpdate"] == 1, plan
assert api.job.plan_job("life", {"Job": changed}).get("Diff") is None
large = copy.deepcopy(written)
large["TaskGroups"][0]["Tasks"][0]["Resources"]["MemoryMB"] = 1 << 30
failed = api.job.plan_job("life", {"Job": large})["FailedTGAllocs"]
assert failed["g"]["DimensionExhausted"] == {"memory": 1}, failed
again = api.job.register_job("life", {"Job": written, "EnforceIndex": True, "JobModifyIndex": plan["JobModifyIndex"]})
assert again["EvalID"], again
stale = {"Job": written, "EnforceIndex": True, "JobModifyIndex": 1}
assert "Enforcing job modify index" in refused(BaseNomadException, lambda: api.job.register_job("life", stale))
text = refused(BaseNomadException, lambda: api.jobs.register_job({"Job": {"ID": "empty"}}))
assert "task group" in text.lower(), text

# Listed.
for more in "abc":
    listed = {**copy.deepcopy(written), "ID": f"life-{more}", "Name": f"life-{more}"}
    listed["TaskGroups"][0]["Count"] = 1
    api.jobs.register_job({"Job": listed})
    eventually(more, lambda: running(f"life-{more}"))
assert sorted(one["ID"] for one in api.jobs if one["ID"].startswith("life")) == ["life", "life-a", "life-b", "life-c"]
assert [one["ID"] for one in api.jobs.get_jobs(prefix="life-b", namespace="*")] == ["life-b"]
assert api.jobs.get_jobs(prefix="life", meta=True)[0]["Meta"] == {"team": "ops"}
assert [one["ID"] for one in api.jobs.get_jobs(filter_='Name contains "-c"', namespace="default")] == ["life-c"]
assert api.jobs.get_jobs(namespace="nowhere") == []
assert api.jobs["life-a"]["JobSummary"]["Summary"]["g"]["Running"] == 1

# Pages of allocations, by the token that the header gives.
seen, token = [], None
while True:
    page = api.allocations.request(
        method="get", params={"per_page": 2, "next_token": token, "filter": 'JobID matches "^life"'}
    )
    assert len(page.json()) <= 2
    seen += [one["ID"] for one in page.json()]
    token = page.headers.get("X-Nomad-NextToken")
    if not token:
        break
whole = [one["ID"] for one in api.allocations.get_allocations(filter_='JobID matches "^life"')]
assert seen == whole and len(seen) == 5, (seen, whole)
assert [one["ID"] for one in api.allocations.get_allocations(filter_='JobID matches "^life"', reverse=True)] == whole[::-1]
first = api.allocations.get_allocations(namespace="*", resources=True, task_states=False, per_page=1)
assert len(first) == 1 and not first[0]["TaskStates"], first
assert first[0]["AllocatedResources"]["Tasks"]["t"]["Memory"]["MemoryMB"] == 10, first
assert len([one for one in api.allocations]) == len(api.allocations)

# Nodes in their longer forms, found by id.
(node,) = api.nodes.get_nodes(resources=True, os=True, filter_='Status == "ready"', per_page="1")
assert node["NodeResources"]["Memory"]["MemoryMB"] > 0 and "os.name" in node["Attributes"], node
assert node["ID"] in api.node and api.node[node["ID"]]["Name"] == node["Name"] == api.nodes[node["ID"]]["Name"]
assert len(api.nodes) == len([one for one in api.nodes]) == 1
assert len(api.node.get_allocations(node["ID"])) >= 5

# Versions: gone back to, checked against the current one, marked.
assert api.job.register_job("life", {"Job": {**copy.deepcopy(written), "Meta": {"team": "dev"}}})["EvalID"]
versions = api.job.get_versions("life")["Versions"]
newest = versions[0]["Version"]
assert versions[0]["Meta"] == {"team": "dev"} and versions[-1]["Meta"] == {"team": "ops"}, versions
text = refused(BaseNomadException, lambda: api.job.revert_job("life", 0, newest + 1))
assert text.endswith(f"Current job has version {newest}; enforcing version {newest + 1}"), text
assert api.job.revert_job("life", 0, newest)["EvalID"]
assert api.job.get_job("life")["Meta"] == {"team": "ops"} and api.job.get_job("life")["Version"] == newest + 1
assert api.job.stable_job("life", newest + 1, True)["Index"] > 0
assert api.job.get_job("life")["Stable"] is True
text = refused(BaseNomadException, lambda: api.job.stable_job("life", 99, True))
assert "at version 99 not found" in text, text
eventually("two allocations", lambda: len(running("life")) == 2)

# Scaling policies, as an autoscaler reads them.
assert api.scaling.get_scaling_policies() == []
scaled = {**copy.deepcopy(written), "ID": "scaled", "Name": "scaled"}
scaled["TaskGroups"][0]["Count"] = 0
scaled["TaskGroups"][0]["Scaling"] = {"Min": 0, "Max": 3, "Policy": {"cooldown": "1m"}}
api.jobs.register_job({"Job": scaled})
(policy,) = api.scaling.get_scaling_policies(job="scaled", type_="horizontal")
assert policy["Target"] == {"Namespace": "default", "Job": "scaled", "Group": "g"}, policy
whole = api.scaling.get_scaling_policy(policy["ID"])
assert (whole["Min"], whole["Max"], whole["Policy"]) == (0, 3, {"cooldown": "1m"}), whole
assert api.scaling.get_scaling_policies(type_="vertical_cpu") == []
refused(URLNotFoundNomadException, lambda: api.scaling.get_scaling_policy("99999999-9999-4999-8999-999999999999"))
api.job.deregister_job("scaled", purge=True)

# Evaluated, and an allocation stopped: another takes its place.
evaluation = api.job.evaluate_job("life")["EvalID"]
eventually("its end", lambda: api.evaluation.get_evaluation(evaluation)["Status"] == "complete")
assert evaluation in api.evaluation and evaluation in api.evaluations
assert api.evaluations[evaluation]["TriggeredBy"] == "job-register", api.evaluations[evaluation]
before = {one["ID"] for one in running("life")}
gone = before.pop()
assert api.allocation.stop_allocation(gone)["EvalID"]
eventually("another", lambda: len({one["ID"] for one in running("life")} - {gone}) == 2)
eventually("its end", lambda: api.allocation.get_allocation(gone)["ClientStatus"] == "complete")
finished = api.allocation.get_allocation(gone)["TaskStates"]["t"]
assert finished["StartedAt"] < finished["FinishedAt"] and finished["LastRestart"] is None, finished

# Searched.
found = api.search.search("life", "jobs")
assert found["Matches"]["jobs"] == ["life", "life-a", "life-b", "life-c"] and found["Truncations"]["jobs"] is False, found
assert api.search.search(node["ID"][:8], "nodes")["Matches"]["nodes"] == [node["ID"]]
assert api.search.search(evaluation[:8], "evals")["Matches"]["evals"] == [evaluation]
fuzzy = api.search.fuzzy_search("fe-b", "jobs")["Matches"]["jobs"]
assert [one["ID"] for one in fuzzy] == ["life-b"], fuzzy
assert len(api.search.fuzzy_search("life-", "all")["Matches"]["jobs"]) == 3
try:
    api.search.search("x", "nothing")
    raise AssertionError("a context that is none")
except InvalidParameters:
    pass

# Stopped, and purged.
assert api.job.deregister_job("life", eval_priority=70)["EvalID"]
eventually("its end", lambda: api.job.get_job("life")["Status"] == "dead")
assert api.job.get_job("life")["Stop"] is True and len(api.job.get_versions("life")["Versions"]) >= 1
for name in ["life", "life-a", "life-b", "life-c"]:
    api.job.deregister_job(name, purge=True, namespace="default")
eventually("nothing", lambda: api.jobs.get_jobs(prefix="life") == [])
refused(URLNotFoundNomadException, lambda: api.job.get_job("life"))
assert "job not found" in refused(BaseNomadException, lambda: api.job.evaluate_job("life"))
