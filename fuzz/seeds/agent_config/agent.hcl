data_dir  = "/var/lib/muster"
bind_addr = "127.0.0.1"
log_level = "INFO"
ports {
  http = 4646
  rpc  = 4647
}
advertise {
  http = "{{ GetInterfaceIP \"eth0\" }}"
}
server {
  enabled          = true
  bootstrap_expect = 1
}
client {
  enabled = true
  servers = ["127.0.0.1:4647"]
  meta {
    ou = "finance"
  }
  host_volume "data" {
    path      = "/srv/data"
    read_only = true
  }
  reserved {
    cpu = 100
  }
}
plugin "raw_exec" {
  config {
    enabled = true
  }
}
tls {
  http = true
}
telemetry {
  prometheus_metrics = true
}
