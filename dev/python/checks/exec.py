"""Frames of alloc exec, as websocket-client sees them. Arguments: HTTP port, a running allocation with task `main`."""

import base64
import json
import sys
from urllib.parse import urlencode

import websocket

port, alloc = sys.argv[1], sys.argv[2]


def connect(command, **query):
    query = urlencode({"task": "main", "command": json.dumps(command), **query})
    url = f"ws://127.0.0.1:{port}/v1/client/allocation/{alloc}/exec?{query}"
    return websocket.create_connection(url, timeout=30)


def frames(socket):
    """Every frame until the end, and the code and reason of the close."""
    found = []
    while True:
        opcode, data = socket.recv_data()
        if opcode == websocket.ABNF.OPCODE_CLOSE:
            return found, int.from_bytes(data[:2], "big"), data[2:].decode()
        found.append(json.loads(data))


def text(found, stream):
    pieces = [frame[stream].get("data", "") for frame in found if stream in frame]
    return b"".join(base64.b64decode(piece) for piece in pieces).decode()


def stdin(data):
    return json.dumps({"stdin": {"data": base64.b64encode(data).decode()}})


# Pipes: both streams, each with its end, then the exit code, then a normal close.
socket = connect(["sh", "-c", "cat; echo err >&2; exit 7"])
socket.send("{}")
socket.send(stdin(b"hello"))
socket.send(json.dumps({"stdin": {"close": True}}))
found, code, reason = frames(socket)
assert text(found, "stdout") == "hello" and text(found, "stderr") == "err\n", found
assert {"stdout": {"close": True}} in found and {"stderr": {"close": True}} in found, found
assert found[-1] == {"exited": True, "result": {"exit_code": 7}}, found
assert (code, reason) == (1000, ""), (code, reason)

# Success leaves the result empty.
found, _, _ = frames(connect(["true"]))
assert found[-1] == {"exited": True, "result": {}}, found

# A terminal: one stream, a size, keys in any case of the field names.
socket = connect(["sh"], tty="true")
socket.send(json.dumps({"TTY_Size": {"Height": 33, "Width": 44}}))
socket.send(stdin(b"stty size; echo err >&2; exit 3\n"))
found, _, _ = frames(socket)
assert "33 44" in text(found, "stdout") and "err" in text(found, "stdout"), found
assert not any("stderr" in frame for frame in found) and found[-1]["result"] == {"exit_code": 3}, found

# Who cannot set headers presents a token first; refusals are closes then.
socket = connect(["echo", "hi"], ws_handshake="true")
socket.send(json.dumps({"version": 1, "auth_token": ""}))
found, code, _ = frames(socket)
assert text(found, "stdout") == "hi\n" and code == 1000, found
socket = connect(["echo", "hi"], ws_handshake="true")
socket.send(json.dumps({"version": 2, "auth_token": ""}))
assert frames(socket) == ([], 1008, "unexpected handshake value")
socket = connect(["echo"], ws_handshake="true", task="nope")
socket.send(json.dumps({"version": 1, "auth_token": ""}))
assert frames(socket) == ([], 1008, 'unknown task name "nope"')

# What is no frame ends the command, with the reason.
socket = connect(["cat"])
socket.send("not json")
_, code, reason = frames(socket)
assert code == 1008 and "a frame cannot be read" in reason, (code, reason)
socket = connect(["cat"])
socket.send(json.dumps({"stdin": {"data": "A" * (2 << 20)}}))
_, code, reason = frames(socket)
assert code == 1008 and "too large" in reason, (code, reason)

# Without the handshake a refusal is an HTTP status.
try:
    connect(["no-such-program"])
    raise AssertionError("it ran")
except websocket.WebSocketBadStatusException as refused:
    assert refused.status_code == 400 and b"no-such-program" in refused.resp_body, refused
