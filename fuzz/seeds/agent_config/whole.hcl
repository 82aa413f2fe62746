region     = "europe"
datacenter = "dc2"
name       = "one"
data_dir   = "/var/lib/muster"
plugin_dir = "/opt/plugins"

log_level            = "DEBUG"
log_json             = true
log_file             = "/var/log/muster.log"
log_rotate_bytes     = 1048576
log_rotate_duration  = "24h"
log_rotate_max_files = 3
enable_syslog        = false
enable_debug         = true
disable_update_check = true
leave_on_interrupt   = true
leave_on_terminate   = false

http_api_response_headers {
  Access-Control-Allow-Origin = "*"
}

addresses {
  http = "127.0.0.1"
  rpc  = "{{ GetPrivateIP }}"
}

acl {
  enabled    = true
  token_ttl  = "30s"
  policy_ttl = "1d"
}

tls {
  http      = true
  rpc       = true
  ca_file   = "/etc/muster/ca.pem"
  cert_file = "/etc/muster/cert.pem"
  key_file  = "/etc/muster/key.pem"

  verify_server_hostname = true
}

limits {
  http_max_conns_per_client = 100
  rpc_handshake_timeout     = "5s"
}

telemetry {
  collection_interval        = "1s"
  prometheus_metrics         = true
  publish_allocation_metrics = true
  statsd_address             = "127.0.0.1:8125"
  prefix_filter              = ["+nomad.raft", "-nomad.client"]
}

server {
  heartbeat_grace        = "10s"
  eval_gc_threshold      = "1h"
  job_gc_interval        = "5m"
  enabled_schedulers     = ["service", "batch"]
  num_schedulers         = 2
  job_max_source_size    = "1M"
  server_join {
    retry_join     = ["10.0.0.1", "[::1]:4648"]
    retry_interval = "15s"
  }
  search {
    fuzzy_enabled   = true
    limit_query     = 20
    min_term_length = 2
  }
  default_scheduler_config {
    scheduler_algorithm = "spread"
    preemption_config {
      batch_scheduler_enabled = true
    }
  }
}

client {
  node_class         = "production"
  node_pool          = "default"
  no_host_uuid       = true
  max_kill_timeout   = "30s"
  gc_interval        = "1m"
  gc_max_allocs      = 50
  min_dynamic_port   = 20000
  max_dynamic_port   = 32000
  cpu_total_compute  = 4000
  meta {
    ou     = "finance"
    "a.b"  = "c"
  }
  options = {
    "driver.denylist" = "java,exec"
    "env.allowlist"   = "HTTP_PROXY"
  }
  reserved {
    cpu            = 500
    memory         = 512
    disk           = 1024
    reserved_ports = "22,80,8500-8600"
  }
  host_volume "logs" {
    path      = "/var/log/one"
    read_only = true
  }
  host_network "lan" {
    cidr           = "10.0.0.0/8"
    reserved_ports = "1-100"
  }
  artifact {
    http_max_size                   = "10GB"
    decompression_size_limit        = "1GiB"
    decompression_file_count_limit  = 100
    set_environment_variables       = "HTTPS_PROXY"
    filesystem_isolation_extra_paths = ["d:r:/srv"]
  }
  drain_on_shutdown {
    deadline = "1m"
  }
}

plugin "raw_exec" {
  config {
    enabled = true
  }
}

audit {
  enabled = true
  sink "file" {
    type               = "file"
    delivery_guarantee = "enforced"
    path               = "/var/log/audit.log"
  }
}

vault {
  enabled = false
}

consul {
  address = "127.0.0.1:8500"
}
