"""python-nomad's groups that read: jobs, job, allocations, allocation, evaluations, evaluation, nodes, node, search,
validate, status, system, agent, namespaces of answers as its users get them.

Arguments: port of an agent, id of a running allocation of the job `lasting`.
"""

import sys

import nomad
from nomad.api.exceptions import BadRequestNomadException, URLNotFoundNomadException

port, alloc_id = int(sys.argv[1]), sys.argv[2]
api = nomad.Nomad(host="127.0.0.1", port=port, timeout=20)

# Jobs.
assert "lasting" in api.jobs and len(api.jobs) >= 1
assert [job["ID"] for job in api.jobs.get_jobs(prefix="last")] == ["lasting"]
assert [job["ID"] for job in api.jobs.get_jobs(filter_='Status == "running"')] == ["lasting"]
assert api.jobs.get_jobs(filter_="Status == dead") == []
assert api.jobs["lasting"]["Type"] == "service"
parsed = api.jobs.parse('job "x" {\n group "g" {\n task "t" {\n driver = "raw_exec"\n }\n }\n}\n')
assert parsed["ID"] == "x", parsed
job = api.job.get_job("lasting")
assert "lasting" in api.job and job["ID"] == "lasting"
assert len(api.job.get_versions("lasting")["Versions"]) == 1
assert api.job.get_allocations("lasting")[0]["ID"] == alloc_id
evaluation = api.job.get_evaluations("lasting")[0]["ID"]
assert api.job.get_summary("lasting")["Summary"]["main"]["Running"] == 1
(deployment,) = api.job.get_deployments("lasting")
assert api.job.get_deployment("lasting")["ID"] == deployment["ID"] and deployment["JobID"] == "lasting"
try:
    api.job.get_job("none")
    raise AssertionError("a job that is not there")
except URLNotFoundNomadException as missing:
    assert missing.nomad_resp.text == "job not found"

# Allocations and evaluations.
assert len(api.allocations.get_allocations()) == 1
assert api.allocations.get_allocations(prefix=alloc_id[:8])[0]["ID"] == alloc_id
assert api.allocations.get_allocations(filter_="ClientStatus == failed") == []
assert api.allocation.get_allocation(alloc_id)["JobID"] == "lasting"
assert evaluation in api.evaluations and len(api.evaluations) >= 1
assert api.evaluations.get_evaluations(prefix=evaluation[:8])[0]["ID"] == evaluation
assert api.evaluation.get_evaluation(evaluation)["Status"] == "complete"
assert api.evaluation.get_allocations(evaluation)[0]["ID"] == alloc_id

# Nodes.
(node,) = api.nodes.get_nodes()
assert node["ID"] in api.nodes and node["Name"] in api.nodes
assert api.node.get_node(node["ID"])["Status"] == "ready"
assert api.node.get_allocations(node["ID"])[0]["ID"] == alloc_id
assert "EvalIDs" in api.node.evaluate_node(node["ID"])
assert api.node.eligible_node(node["ID"], ineligible=True)["NodeModifyIndex"] > 0
assert api.node.get_node(node["ID"])["SchedulingEligibility"] == "ineligible"
api.node.eligible_node(node["ID"], eligible=True)

# Search.
assert api.search.search("last", "jobs")["Matches"]["jobs"] == ["lasting"]
assert api.search.search(alloc_id[:8], "all")["Matches"]["allocs"] == [alloc_id]
assert api.search.fuzzy_search("asti", "jobs")["Matches"]["jobs"][0]["ID"] == "lasting"

# Validate, status, system, agent.
assert api.validate.validate_job({"Job": job}).status_code == 200
assert ":" in api.status.leader.get_leader() and len(api.status.peers.get_peers()) == 1
assert api.regions.get_regions() == ["global"]
assert api.system.initiate_garbage_collection() is not None
assert api.system.reconcile_summaries() is not None
assert api.agent.get_agent()["member"]["Status"] == "alive"
assert len(api.agent.get_members()["Members"]) == 1
assert api.metrics.get_metrics()
try:
    api.jobs.get_jobs(filter_="*")
    raise AssertionError("a filter that is none")
except BadRequestNomadException as refused:
    assert "failed to read filter expression" in refused.nomad_resp.text
