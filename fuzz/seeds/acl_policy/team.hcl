namespace "team-*" {
  policy       = "write"
  capabilities = ["alloc-node-exec", "read-logs"]
  variables {
    path "app/*" { capabilities = ["read", "list"] }
    path "app/key" { capabilities = ["deny"] }
  }
}
node_pool "gpu_*" { policy = "read" }
host_volume "data-*" { capabilities = ["mount-readonly"] }
agent { policy = "read" }
node { policy = "none" }
operator { capabilities = ["snapshot-save"] }
quota { policy = "read" }
plugin { policy = "list" }
sentinel { policy = "deny" }
keyring { policy = "none" }
variable {
  path         = "*"
  capabilities = ["read"]
}
