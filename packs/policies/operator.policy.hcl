# Deploys and runs the jobs of a namespace and looks after them. Sees nodes to know where things run.
namespace "default" {
  policy = "write"
}

node {
  policy = "read"
}

agent {
  policy = "read"
}
