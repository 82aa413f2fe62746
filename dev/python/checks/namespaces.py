"""python-nomad and namespaces: listed, made, read, changed, used, deleted.

Arguments: port of an agent.
"""

import sys

import nomad
from nomad.api.exceptions import BaseNomadException, URLNotFoundNomadException

port = int(sys.argv[1])
api = nomad.Nomad(host="127.0.0.1", port=port, timeout=20)

assert [one["Name"] for one in api.namespaces] == ["default"]
assert "default" in api.namespaces and "api" not in api.namespaces and len(api.namespaces) == 1
api.namespace.create_namespace({"Name": "api", "Description": "api server namespace"})
assert "api" in api.namespaces and "api" in api.namespace
made = api.namespace.get_namespace("api")
assert made["Description"] == "api server namespace" and made["Capabilities"] is None, made
assert made["CreateIndex"] == made["ModifyIndex"] > 0 and len(made["Hash"]) == 44, made
rules = {"DisabledTaskDrivers": ["java"]}
api.namespace.update_namespace("api", {"Name": "api", "Description": "updated", "Capabilities": rules, "Meta": {"a": "b"}})
changed = api.namespace.get_namespace("api")
assert changed["Description"] == "updated" and changed["Meta"] == {"a": "b"}, changed
assert changed["Capabilities"]["DisabledTaskDrivers"] == ["java"] and changed["Hash"] != made["Hash"], changed
assert [one["Name"] for one in api.namespaces.get_namespaces(prefix="ap")] == ["api"]

task = {"Name": "main", "Driver": "raw_exec", "Config": {"command": "/bin/sleep", "args": ["1000"]}}
task["Resources"] = {"CPU": 10, "MemoryMB": 10}
job = {
    "ID": "inside",
    "Name": "inside",
    "Namespace": "api",
    "Type": "service",
    "Datacenters": ["*"],
    "TaskGroups": [{"Name": "main", "Count": 1, "Tasks": [task]}],
}
own = nomad.Nomad(host="127.0.0.1", port=port, timeout=20, namespace="api")
own.job.register_job("inside", {"Job": job})
assert [one["ID"] for one in own.jobs.get_jobs()] == ["inside"] and api.jobs.get_jobs() == []
try:
    api.namespace.delete_namespace("api")
except BaseNomadException as error:
    assert "non-terminal jobs" in str(error.nomad_resp.text), error
else:
    raise AssertionError("a namespace with a running job was deleted")
lost = nomad.Nomad(host="127.0.0.1", port=port, timeout=20, namespace="nowhere")
try:
    lost.job.register_job("astray", {"Job": {**job, "ID": "astray"}})
except BaseNomadException as error:
    assert error.nomad_resp.status_code == 500, error
    assert error.nomad_resp.text == 'job "astray" is in nonexistent namespace "nowhere"', error.nomad_resp.text
else:
    raise AssertionError("a job was registered in a namespace that is not there")

api.namespace.create_namespace({"Name": "short"})
api.namespace.delete_namespace("short")
try:
    api.namespace.get_namespace("short")
except URLNotFoundNomadException as error:
    assert "Namespace not found" in error.nomad_resp.text
else:
    raise AssertionError("a deleted namespace was read")
