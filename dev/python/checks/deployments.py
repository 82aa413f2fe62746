"""python-nomad's deployments, and the evaluations they cause.

Arguments: port of an agent.
"""

import sys
import time

import nomad
from nomad.api.exceptions import BaseNomadException, URLNotFoundNomadException

port = int(sys.argv[1])
api = nomad.Nomad(host="127.0.0.1", port=port, timeout=20)
SECOND = 1_000_000_000


def job(script, canary, progress=120):
    task = {"Name": "main", "Driver": "raw_exec", "Config": {"command": "/bin/sh", "args": ["-c", script]},
            "Resources": {"CPU": 10, "MemoryMB": 10}, "LogConfig": {"MaxFiles": 2, "MaxFileSizeMB": 2}}
    update = {"MaxParallel": 1, "HealthCheck": "manual", "Canary": canary, "MinHealthyTime": 0,
              "HealthyDeadline": 60 * SECOND, "ProgressDeadline": progress * SECOND}
    group = {"Name": "main", "Count": 1, "EphemeralDisk": {"SizeMB": 10}, "Tasks": [task], "Update": update}
    return {"Job": {"ID": "web", "Name": "web", "Type": "service", "Datacenters": ["*"], "TaskGroups": [group]}}


def latest(until):
    deadline = time.monotonic() + 60
    while True:
        deployment = api.job.get_deployment("web")
        if deployment and until(deployment, deployment["TaskGroups"]["main"]):
            return deployment
        assert time.monotonic() < deadline, deployment
        time.sleep(0.05)


def health(deployment, **ids):
    return api.deployment.deployment_allocation_health(deployment["ID"], **ids)


assert len(api.deployments) == 0 and api.deployments.get_deployments() == []
api.job.register_job("web", job("exec sleep 1000", 0))
first = latest(lambda _, group: group["PlacedAllocs"] == 1)
assert first["ID"] in api.deployments and first["ID"] in api.deployment
assert api.deployments[first["ID"]]["JobID"] == "web"
assert api.deployments.get_deployments(prefix=first["ID"][:8])[0]["ID"] == first["ID"]
assert api.deployment.get_deployment(first["ID"])["Status"] == "running"
(alloc,) = api.deployment.get_deployment_allocations(first["ID"])
told = health(first, healthy_allocations=[alloc["ID"]])
evaluation = api.evaluation.get_evaluation(told["EvalID"])
assert evaluation["TriggeredBy"] == "deployment-watcher" and evaluation["DeploymentID"] == first["ID"], evaluation
assert told["EvalID"] in api.evaluations
latest(lambda deployment, _: deployment["Status"] == "successful")

api.job.register_job("web", job("sleep 0.1; exec sleep 1000", 1))
second = latest(lambda deployment, group: deployment["JobVersion"] == 1 and group["PlacedCanaries"])
try:
    api.deployment.promote_deployment_all(second["ID"])
    raise AssertionError("a canary that nobody calls healthy")
except BaseNomadException as refused:
    assert 'Task group "main" has 0/1 healthy allocations' in refused.nomad_resp.text
assert api.deployment.pause_deployment(second["ID"], True)["DeploymentModifyIndex"] > 0
assert api.deployment.get_deployment(second["ID"])["Status"] == "paused"
api.deployment.pause_deployment(second["ID"], False)
health(second, healthy_allocations=second["TaskGroups"]["main"]["PlacedCanaries"])
assert api.deployment.promote_deployment_groups(second["ID"], groups=["main"])["EvalID"]
latest(lambda deployment, _: deployment["Status"] == "successful")

api.job.register_job("web", job("sleep 0.2; exec sleep 1000", 1, progress=0))
third = latest(lambda deployment, group: deployment["JobVersion"] == 2 and group["PlacedCanaries"])
health(third, unhealthy_allocations=third["TaskGroups"]["main"]["PlacedCanaries"])
latest(lambda deployment, _: deployment["StatusDescription"] == "Failed due to unhealthy allocations")

api.job.register_job("web", job("sleep 0.3; exec sleep 1000", 1))
fourth = latest(lambda deployment, group: deployment["JobVersion"] == 3 and group["PlacedCanaries"])
assert api.deployment.fail_deployment(fourth["ID"])["EvalID"]
assert latest(lambda *_: True)["StatusDescription"] == "Deployment marked as failed"
assert [one["JobVersion"] for one in api.job.get_deployments("web")] == [3, 2, 1, 0]
try:
    api.deployment.get_deployment("99999999-9999-4999-8999-999999999999")
    raise AssertionError("a deployment that is not there")
except URLNotFoundNomadException as missing:
    assert missing.nomad_resp.text == "deployment not found"
