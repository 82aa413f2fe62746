# Reads how the cluster is set up and what runs on it. Sees neither logs nor files, which may hold what people wrote,
# and no variables.
namespace "*" {
  policy = "read"
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

quota {
  policy = "read"
}

plugin {
  policy = "read"
}
