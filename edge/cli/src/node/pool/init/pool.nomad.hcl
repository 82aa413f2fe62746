# A node pool is a named set of nodes. A node is in exactly one: the one that its
# agent's configuration names. A job runs in the pool that it names with `node_pool`.
node_pool "example" {
  description = "Example node pool"

  # Whatever operators like to note.
  meta {
    owner       = "platform"
    environment = "prod"
  }

  # How long the identity of a node of this pool is valid.
  node_identity_ttl = "24h"

  # Settings for jobs of this pool that differ from those of the whole cluster.
  # See `operator scheduler get-config`.
  scheduler_config {
    scheduler_algorithm             = "spread"
    memory_oversubscription_enabled = true
  }
}
