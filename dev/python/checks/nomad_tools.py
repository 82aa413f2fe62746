"""nomad-tools as people use it: jobs run and watched, their logs streamed, files copied, ports and commands found.

It follows the event stream, and once asks by polling.

Arguments: port of an agent, a directory with a `nomad`, a directory to work in.
"""

import io
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

port, programs, work = sys.argv[1], sys.argv[2], Path(sys.argv[3])
tools = str(Path(sys.executable).parent / "nomadtools")
environment = {
    "HOME": str(work),
    "NOMAD_ADDR": f"http://127.0.0.1:{port}",
    "PATH": f"{programs}:{os.environ['PATH']}",
}
os.chdir(work)


def run(*arguments, code=0, **how):
    """Its output as text, or as bytes with `text=False`."""
    how = {"text": True, **how}
    done = subprocess.run([tools, *arguments], env=environment, capture_output=True, timeout=90, **how)
    assert done.returncode == code, (arguments, done.returncode, done.stdout, done.stderr)
    return done.stdout


def watch(*arguments, code=0, **how):
    return run("watch", "--lines=-1", *arguments, code=code, **how)


def job(name, kind, script, more=""):
    """A job file, and where it lies."""
    path = Path(f"{name}.nomad.hcl")
    path.write_text(
        f"""
job "{name}" {{
  type = "{kind}"
  group "main" {{
    reschedule {{
      attempts  = 0
      unlimited = false
    }}
    restart {{
      attempts = 0
      mode     = "fail"
    }}
    {more}
    task "main" {{
      driver = "raw_exec"
      config {{
        command = "/bin/sh"
        args    = ["-c", {json.dumps(script)}]
      }}
      resources {{
        cpu    = 10
        memory = 10
      }}
    }}
  }}
}}
"""
    )
    return str(path)


def get(path):
    return json.loads(run("operator", "api", path))


# Batch jobs: events and both streams of logs arrive, and the exit code is the task's.
out = watch("run", job("hello", "batch", "echo to stdout; echo to stderr >&2"))
lines = [line.split("> ", 1) for line in out.splitlines()]
assert ["to stdout"] == [text for mark, text in lines if mark.startswith("O>")], out
assert ["to stderr"] == [text for mark, text in lines if mark.startswith("E>")], out
assert any(text.startswith("Received Task received by client") for mark, text in lines if mark.startswith("A>")), out
watch("run", job("seven", "batch", "exit 7"), code=7)
(ended,) = get("/v1/job/seven/allocations")
watch("alloc", ended["ID"][:8], code=7)
assert watch("-0", "-o", "stdout", "job", "hello") == "to stdout\n"
assert watch("-0", "-o", "stdout", "stopped", "hello.nomad.hcl") == "to stdout\n"
# It reads byte by byte, and takes each frame for whole lines.
long = watch("-0", "-o", "stdout", "--shutdown-timeout=60", "run", job("long", "batch", "seq 20000"))
assert long.replace("\n", "") == "".join(str(number) for number in range(1, 20001)), (len(long), long[-100:])

# What cannot be placed is explained, from what an evaluation tells.
nowhere = job("nowhere", "batch", "true", 'constraint {\n attribute = "${attr.kernel.name}"\n value = "plan9"\n }')
out = watch("--no-follow", "run", nowhere, code=127)
assert "nowhere: Placement Failures: 1 unplaced" in out, out
assert "main: Constraint ${attr.kernel.name} = plan9: 1 nodes excluded by filter" in out, out
watch("-x", "purge", "nowhere")

# The job as JSON, over the API; and as text in an argument.
described = json.loads(run("job", "run", "-output", "hello.nomad.hcl"))
described["Job"]["ID"] = described["Job"]["Name"] = "from-json"
Path("from-json.json").write_text(json.dumps(described))
assert watch("-0", "-o", "stdout", "--json", "run", "from-json.json") == "to stdout\n"
described["Job"]["ID"] = described["Job"]["Name"] = "from-argument"
assert watch("-0", "-o", "stdout", "--json", "--jobarg", "run", json.dumps(described)) == "to stdout\n"
assert get("/v1/job/from-json/submission?version=0")["Format"] == "json"

# What `go` would run; it runs it over the event stream only, so that `watch` does it here.
made = run("go", "--output", "--driver", "raw_exec", "--rm", "-e", "GREETING=hello you", "--name", "gone",
           "/bin/sh", "-c", "echo $GREETING")
assert json.loads(made)["TaskGroups"][0]["Tasks"][0]["Driver"] == "raw_exec", made
assert "hello you" in watch("-0", "-o", "stdout", "--json", "--purge", "run", "-", input=made)
assert "gone" not in [listed["ID"] for listed in get("/v1/jobs")]

# Services: started, found, looked into, stopped, purged.
network = 'network {\n mode = "host"\n port "web" {}\n port "admin" {}\n }\n'
served = job("served", "service", "mkdir -p local/dir/sub; echo inner > local/dir/sub/file; echo up; exec sleep 1000", network)
watch("start", served)
watch("started", "served")
(alloc,) = get("/v1/job/served/allocations")
alloc = alloc["ID"]
ports = {label["Label"]: label for label in get(f"/v1/allocation/{alloc}")["AllocatedResources"]["Shared"]["Ports"]}
assert run("port", "served", "web") == f"{ports['web']['HostIP']}:{ports['web']['Value']}\n"
assert run("port", "--alloc", "-f", "{port} {label} {Name}", alloc[:8], "admin") == f"{ports['admin']['Value']} admin served.main[0]\n"
assert len([json.loads(line) for line in run("port", "-j", "served").splitlines()]) == 2
run("port", "served", "none", code=2)
assert run("task", "-j", "served", "exec", "sh", "-c", "echo $NOMAD_JOB_NAME; exit 0") == "served\n"
run("task", "-j", "served", "exec", "sh", "-c", "exit 9", code=9)
assert alloc in run("task", "-j", "served", "json") + run("task", "-j", "served", "ls")
assert run("changed", served) == ""
Path(served).write_text(Path(served).read_text().replace("echo up", "echo above"))
assert "echo above" in run("changed", served)

# Files, from the task and into it: one, a directory, an archive through a pipe, and bytes of every value.
run("cp", "served:local/dir/sub/file", "fetched")
assert Path("fetched").read_text() == "inner\n"
run("cp", f":{alloc}:local/dir", "tree")
assert Path("tree/sub/file").read_text() == "inner\n"
every = bytes(range(256)) * 8192
Path("every").write_bytes(every)
run("cp", "every", "served:local/every")
run("cp", "-z", "served:local/every", "back")
assert Path("back").read_bytes() == every
run("cp", "tree", "served:main:main:local/copied")
run("cp", "task://served/local/copied?task=main", "again")
assert Path("again/sub/file").read_text() == "inner\n"
packed = run("cp", "served:local/dir", "-", text=False)
assert "dir/sub/file" in tarfile.open(fileobj=io.BytesIO(packed)).getnames()
run("cp", "-", "served:local/copied", input=packed, text=False)
run("cp", "served:local/copied/dir/sub/file", "piped")
assert Path("piped").read_text() == "inner\n"
run("cp", "served:local/nothing", "nothing", code=1)

# What there is.
(node,) = get("/v1/nodes")
assert node["ID"] in run("nodenametoid", node["Name"])
assert "served.main[0]" in run("info", "topology")
assert "attr.kernel.name" in run("listattributes", "--no-cache")
assert node["Name"] in run("listattributes", "--no-cache", "attr.kernel.name")
assert "linux" in run("constrainteval", "--no-cache", "${attr.kernel.name}", "=", "linux")
run("constrainteval", "--no-cache", "${attr.kernel.name}", "=", "plan9", code=2)

watch("-x", "stop", "served")
assert get("/v1/job/served")["Status"] == "dead"
watch("-x", "purge", "served")
assert "served" not in [listed["ID"] for listed in get("/v1/jobs")]
watch("-x", "purge", "served")
