"""python-nomad's `client` group: files, logs, statistics and actions of an allocation.

Arguments: port of an agent, id of a running allocation, id of one that has ended, id of its node.
"""

import base64
import json
import sys

import nomad
from nomad.api.exceptions import BaseNomadException, URLNotFoundNomadException

port, running, ended, node = int(sys.argv[1]), *sys.argv[2:5]
api = nomad.Nomad(host="127.0.0.1", port=port, timeout=20)


def frames(text):
    """Frames follow each other without anything in between."""
    decoder, position, found = json.JSONDecoder(), 0, []
    while position < len(text):
        frame, position = decoder.raw_decode(text, position)
        found.append(frame)
    return found


def data(text):
    return b"".join(base64.b64decode(frame.get("Data", "")) for frame in frames(text))


def refused(error, call):
    try:
        call()
    except error as refusal:
        return refusal.nomad_resp.text
    raise AssertionError("was not refused")


# Files.
names = [entry["Name"] for entry in api.client.ls.list_files(running, "/")]
assert names == ["alloc", "main"], names
entry = api.client.stat.stat_file(running, "main/local/hello.txt")
assert (entry["Size"], entry["IsDir"], entry["FileMode"][:4]) == (12, False, "-rw-"), entry
assert entry["ContentType"].startswith("text/plain"), entry
assert api.client.cat.read_file(running, "main/local/hello.txt") == "hello world\n"
assert api.client.read_at.read_file_offset(running, 6, 5, "main/local/hello.txt") == "world"
# Following ends with the allocation, so that a client that reads to the end is answered.
streamed = api.client.stream_file.stream(ended, 6, "start", "main/local/hello.txt")
assert data(streamed) == b"world\n", streamed
missing = refused(URLNotFoundNomadException, lambda: api.client.cat.read_file(running, "main/local/nothing"))
assert "no such file or directory" in missing, missing
unknown = "00000000-0000-4000-8000-000000000000"
text = refused(URLNotFoundNomadException, lambda: api.client.ls.list_files(unknown))
assert text == f'Unknown allocation "{unknown}"', text
secret = refused(BaseNomadException, lambda: api.client.cat.read_file(running, "main/secrets/x"))
assert "no such file" in secret or "prohibited" in secret, secret

# Logs.
assert api.client.stream_logs.stream(running, "main", "stdout", plain=True) == "to stdout\n"
assert data(api.client.stream_logs.stream(running, "main", "stderr")) == b"to stderr\n"
assert data(api.client.stream_logs.stream(ended, "main", "stdout", follow=True)) == b"to stdout\n"
assert api.client.stream_logs.stream(ended, "main", "stdout", offset=4, origin="end", plain=True) == "out\n"

# Statistics.
stats = api.client.stats.read_stats(node_id=node)
assert stats["CPU"] and stats["Memory"]["Total"] > 0 and stats["Uptime"] > 0, stats
assert stats["AllocDirStats"]["Size"] > 0 and stats["CPUTicksConsumed"] >= 0, stats
assert stats["CPU"][0]["CPU"].startswith("cpu"), stats
usage = api.client.allocation.read_allocation_stats(running)
task = usage["Tasks"]["main"]
assert task["ResourceUsage"]["MemoryStats"]["RSS"] > 0 and task["Pids"], usage
assert "Percent" in task["ResourceUsage"]["CpuStats"]["Measured"], usage
assert usage["ResourceUsage"]["MemoryStats"]["RSS"] >= task["ResourceUsage"]["MemoryStats"]["RSS"], usage

# Actions.
assert "Index" in api.client.allocation.signal_allocation(running, "SIGUSR1", task="main")
assert "Index" in api.client.allocation.restart_allocation(running)
refusal = refused(BaseNomadException, lambda: api.client.gc_allocation.garbage_collect(running))
assert "not eligible for GC" in refusal, refusal
api.client.gc_allocation.garbage_collect(ended)
text = refused(URLNotFoundNomadException, lambda: api.client.ls.list_files(ended))
api.client.gc_all_allocations.garbage_collect(node_id=node)
