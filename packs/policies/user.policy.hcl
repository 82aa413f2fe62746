# Uses what runs on the cluster and has no business with its API: every answer is a refusal. For tokens that have to
# exist and may do nothing.
namespace "*" {
  capabilities = ["deny"]
}

node_pool "*" {
  policy = "deny"
}

host_volume "*" {
  policy = "deny"
}

agent {
  policy = "deny"
}

node {
  policy = "deny"
}

operator {
  policy = "deny"
}

quota {
  policy = "deny"
}

plugin {
  policy = "deny"
}
