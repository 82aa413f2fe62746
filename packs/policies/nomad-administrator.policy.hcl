# Runs the cluster and everything in it. Tokens, policies and namespaces take a management token on top: keep that one
# locked away, and use this policy every day.
namespace "*" {
  policy = "write"

  variables {
    path "*" {
      capabilities = ["list", "read", "write", "destroy"]
    }
  }
}

node_pool "*" {
  policy = "write"
}

host_volume "*" {
  policy = "write"
}

agent {
  policy = "write"
}

node {
  policy = "write"
}

operator {
  policy = "write"
}

quota {
  policy = "write"
}

plugin {
  policy = "list"
}
