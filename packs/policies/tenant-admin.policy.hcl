# Everything within one namespace and nothing beside it: no node, no other tenant, nothing of the cluster.
namespace "default" {
  policy       = "write"
  capabilities = ["host-volume-write"]

  variables {
    path "*" {
      capabilities = ["list", "read", "write", "destroy"]
    }
  }
}
