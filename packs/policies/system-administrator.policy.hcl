# Runs the machines that agents are on: may look at agents and nodes, drain and restart them. Sees no job, log or
# variable, and touches neither tokens nor policies.
agent {
  policy = "write"
}

node {
  policy = "write"
}

node_pool "*" {
  policy = "read"
}
