"""python-nomad's `agent` and `metrics` groups, and `acl` for bootstrap and tokens.

Arguments: port of a dev agent, port of an agent that demands tokens and was not bootstrapped.
"""

import sys

import nomad
from nomad.api.exceptions import BaseNomadException, URLNotAuthorizedNomadException, URLNotFoundNomadException

plain, secured = int(sys.argv[1]), int(sys.argv[2])
api = nomad.Nomad(host="127.0.0.1", port=plain, timeout=20)


def refused(error, call):
    try:
        call()
    except error as refusal:
        return refusal.nomad_resp.text
    raise AssertionError("was not refused")


# The agent.
info = api.agent.get_agent()
assert info["member"]["Status"] == "alive" and info["config"]["Region"] == "global", info
assert info["stats"]["nomad"]["server"] == "true", info
members = api.agent.get_members()
assert [member["Status"] for member in members["Members"]] == ["alive"], members
servers = api.agent.get_servers()
assert len(servers) == 1 and servers[0].startswith("127.0.0.1:"), servers
assert api.agent.update_servers(servers) == 200
assert api.agent.get_servers() == servers
assert "beyond loopback" in refused(BaseNomadException, lambda: api.agent.update_servers(["10.0.0.1:4647"]))
joined = api.agent.join_agent("nope")
assert joined["num_joined"] == 0 and joined["error"], joined
refused(BaseNomadException, lambda: api.agent.force_leave("nope"))

# Metrics.
metrics = api.metrics.get_metrics()
assert set(metrics) == {"Timestamp", "Gauges", "Points", "Counters", "Samples"}, metrics
assert any(gauge["Name"] == "nomad.nomad.broker.total_ready" for gauge in metrics["Gauges"]), metrics

# Tokens.
assert "ACL support disabled" in refused(BaseNomadException, api.acl.generate_bootstrap)
nobody = nomad.Nomad(host="127.0.0.1", port=secured, timeout=20)
assert refused(URLNotAuthorizedNomadException, nobody.jobs.get_jobs) == "Permission denied"
first = nobody.acl.generate_bootstrap()
assert first["Type"] == "management" and first["Global"] is True, first
refused(BaseNomadException, nobody.acl.generate_bootstrap)
boss = nomad.Nomad(host="127.0.0.1", port=secured, token=first["SecretID"], timeout=20)
assert boss.jobs.get_jobs() == []
wanted = {"Name": "Readonly token", "Type": "client", "Policies": ["readonly"], "Global": False}
made = boss.acl.create_token(wanted)
assert made["Policies"] == ["readonly"] and len(made["SecretID"]) == 36, made
assert "Readonly token" in [token["Name"] for token in boss.acl.get_tokens()]
assert boss.acl.get_token(made["AccessorID"])["Name"] == "Readonly token"
reader = nomad.Nomad(host="127.0.0.1", port=secured, token=made["SecretID"], timeout=20)
assert reader.acl.get_self_token()["AccessorID"] == made["AccessorID"]
changed = {"AccessorID": made["AccessorID"], "Name": "changed", "Type": "client", "Policies": ["readonly"]}
assert boss.acl.update_token(made["AccessorID"], changed)["Name"] == "changed"
assert boss.acl.delete_token(made["AccessorID"]) is True
refused(URLNotFoundNomadException, lambda: boss.acl.get_token(made["AccessorID"]))
refused(URLNotAuthorizedNomadException, reader.acl.get_self_token)
