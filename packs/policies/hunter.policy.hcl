# Looks for what does not belong here: every job, log and file, every node. Changes nothing, runs nothing.
namespace "*" {
  policy       = "read"
  capabilities = ["read-logs", "read-fs"]
}

node_pool "*" {
  policy = "read"
}

agent {
  policy = "read"
}

node {
  policy = "read"
}

operator {
  policy = "read"
}
