# A service: two instances that are kept running, on different machines, each with a port of its own.
#
#   muster job run examples/service.nomad.hcl
#   muster job run -var instances=3 examples/service.nomad.hcl

variable "instances" {
  type    = number
  default = 2
}

job "web" {
  type        = "service"
  datacenters = ["*"]

  meta {
    owner = "platform"
  }

  # The command below needs a Unix shell and Python.
  constraint {
    attribute = "${attr.kernel.name}"
    value     = "linux"
  }

  constraint {
    distinct_hosts = true
  }

  group "web" {
    count = var.instances

    network {
      # The scheduler chooses a free port of the node; the task finds it in NOMAD_PORT_http.
      port "http" {}
    }

    # Twice within ten minutes on the same machine, then on another one.
    restart {
      attempts = 2
      interval = "10m"
      delay    = "15s"
      mode     = "fail"
    }

    reschedule {
      delay          = "30s"
      delay_function = "exponential"
      max_delay      = "10m"
      unlimited      = true
    }

    ephemeral_disk {
      size = 100
    }

    # Runs to its end before the server starts.
    task "index" {
      driver = "raw_exec"

      lifecycle {
        hook    = "prestart"
        sidecar = false
      }

      config {
        command = "/bin/sh"
        args    = ["-c", "echo \"<h1>$NOMAD_ALLOC_ID</h1>\" > \"$NOMAD_ALLOC_DIR/data/index.html\""]
      }

      logs {
        max_files     = 1
        max_file_size = 5
      }
    }

    task "server" {
      driver       = "raw_exec"
      leader       = true
      kill_timeout = "10s"

      config {
        command = "/bin/sh"
        args    = ["-c", "exec python3 -m http.server --directory \"$NOMAD_ALLOC_DIR/data\" \"$NOMAD_PORT_http\""]
      }

      logs {
        max_files     = 3
        max_file_size = 10
      }

      resources {
        cpu    = 200
        memory = 128
      }
    }
  }
}
