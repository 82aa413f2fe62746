"""python-nomad's event stream: from now on, from an index, of one topic.

Arguments: port of an agent.
"""

import sys

import nomad

port = int(sys.argv[1])
api = nomad.Nomad(host="127.0.0.1", port=port, timeout=20)


def job(name):
    task = {"Name": "main", "Driver": "raw_exec", "Config": {"command": "/bin/sleep", "args": ["1000"]},
            "Resources": {"CPU": 10, "MemoryMB": 10}, "LogConfig": {"MaxFiles": 2, "MaxFileSizeMB": 2}}
    group = {"Name": "main", "Count": 1, "EphemeralDisk": {"SizeMB": 10}, "Tasks": [task]}
    return {"Job": {"ID": name, "Name": name, "Type": "service", "Datacenters": ["*"], "TaskGroups": [group]}}


def follow(until, **how):
    """Lines of a stream, until one that fits."""
    thread, end, lines = api.event.stream.get_stream(**how)
    thread.daemon = True
    thread.start()
    got = []
    while not got or not until(got[-1]):
        got.append(lines.get(timeout=30))
        lines.task_done()
    end.set()
    return got


def events(lines):
    return [event for line in lines for event in line["Events"]]


def runs(line):
    return any(
        event["Topic"] == "Allocation" and event["Payload"]["Allocation"]["ClientStatus"] == "running"
        for event in line["Events"]
    )


registered = api.job.register_job("first", job("first"))
lines = follow(runs, index=registered["JobModifyIndex"])
assert lines[0]["Index"] == registered["JobModifyIndex"], lines[0]
kinds = [(event["Topic"], event["Type"]) for event in events(lines)]
assert kinds[0] == ("Job", "JobRegistered") and ("Allocation", "PlanResult") in kinds, kinds
assert {"Job", "Evaluation", "Allocation"} <= {event["Topic"] for event in events(lines)}
assert all(event["Namespace"] == "default" for event in events(lines) if event["Topic"] != "Node")
assert [line["Index"] for line in lines] == sorted({line["Index"] for line in lines})

only = follow(runs, index=registered["JobModifyIndex"], topic={"Allocation": "first"}, namespace="default")
assert {event["Topic"] for event in events(only)} == {"Allocation"}, only
chosen = follow(lambda line: True, index=1, topic=["Job:first"], namespace="*")
assert events(chosen)[0]["Payload"]["Job"]["ID"] == "first"
