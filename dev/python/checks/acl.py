"""python-nomad's `acl` group in full, with what its policies allow and deny.

Argument: port of an agent that demands tokens and was not bootstrapped.
"""

import sys

import nomad
from nomad.api.exceptions import BaseNomadException, URLNotAuthorizedNomadException, URLNotFoundNomadException

port = int(sys.argv[1])


def as_token(secret=None):
    return nomad.Nomad(host="127.0.0.1", port=port, token=secret, timeout=20)


def refused(error, call):
    try:
        call()
    except error as refusal:
        return refusal.nomad_resp.text
    raise AssertionError("was not refused")


boss = as_token(as_token().acl.generate_bootstrap()["SecretID"])

# Policies.
assert boss.acl.get_policies() == []
rules = 'namespace "default" { policy = "read" }\nnode { policy = "read" }'
policy = {"Name": "my-policy", "Description": "This is a great policy", "Rules": rules}
assert boss.acl.create_policy("my-policy", policy).ok
assert [(one["Name"], one["Description"]) for one in boss.acl.get_policies()] == [
    ("my-policy", "This is a great policy")
]
shown = boss.acl.get_policy("my-policy")
assert shown["Rules"] == rules and shown["CreateIndex"] == shown["ModifyIndex"] > 0, shown
assert shown["RulesJSON"]["Node"]["Policy"] == "read", shown
policy["Description"] = "Updated"
assert boss.acl.update_policy("my-policy", policy).ok
assert boss.acl.get_policy("my-policy")["Description"] == "Updated"
assert refused(URLNotFoundNomadException, lambda: boss.acl.get_policy("none")) == "ACL policy not found"
broken = dict(policy, Rules="node {")
assert "policy 0 invalid" in refused(BaseNomadException, lambda: boss.acl.update_policy("my-policy", broken))

# Tokens with it.
wanted = {"Name": "Readonly token", "Type": "client", "Policies": ["my-policy"], "Global": False}
made = boss.acl.create_token(wanted)
reader = as_token(made["SecretID"])
assert reader.jobs.get_jobs() == [] and reader.nodes.get_nodes() == []
job = {"Job": {"ID": "x", "Name": "x", "Type": "batch", "Datacenters": ["*"], "TaskGroups": []}}
assert refused(URLNotAuthorizedNomadException, lambda: reader.jobs.register_job(job)) == "Permission denied"
refused(URLNotAuthorizedNomadException, reader.acl.get_tokens)
assert [one["Name"] for one in reader.acl.get_policies()] == ["my-policy"]
assert reader.acl.get_self_token()["Policies"] == ["my-policy"]
changed = dict(made, Name="changed", Policies=["my-policy", "none"])
assert boss.acl.update_token(made["AccessorID"], changed)["Policies"] == ["my-policy", "none"]
assert {one["Name"] for one in boss.acl.get_tokens()} == {"Bootstrap Token", "changed"}

# What is taken away counts at once.
assert boss.acl.delete_policy("my-policy") is True
refused(URLNotAuthorizedNomadException, reader.jobs.get_jobs)
assert boss.acl.delete_token(made["AccessorID"]) is True
refused(URLNotAuthorizedNomadException, reader.acl.get_self_token)
