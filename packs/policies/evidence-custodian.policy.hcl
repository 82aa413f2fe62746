# Secures what an incident leaves: logs and files of allocations, and what is known of the nodes they ran on. Changes
# nothing, so that what is found stays as it is.
namespace "*" {
  policy       = "read"
  capabilities = ["read-logs", "read-fs"]
}

node {
  policy = "read"
}
