# A job describes what should run. `job run` registers it, `job status example` shows what came of it, and
# `job stop example` ends it. Run this file as it is, then change it.

# Values that may differ from run to run: `job run -var greeting=hi FILE`, or NOMAD_VAR_greeting in the environment.
variable "greeting" {
  description = "What the task says."
  type        = string
  default     = "hello"
}

locals {
  # A value of this file alone.
  pause_seconds = 10
}

job "example" {
  # service: runs until it is stopped. batch: runs until it is done. system: one on every node. sysbatch: both.
  type = "service"

  # Where the job may run; "*" stands for anywhere. Globs are allowed.
  datacenters = ["*"]

  # 1 to 100: who goes first when there is not room for all.
  priority = 50

  # Which nodes will do. `node status -verbose ID` lists the attributes of a node.
  constraint {
    attribute = "${attr.kernel.name}"
    value     = "linux"
  }

  # Facts about the job, for people and for constraints; tasks see them as NOMAD_META_owner.
  meta {
    owner = "you"
  }

  # Tasks that are placed together, on the same node.
  group "app" {
    # How many of them.
    count = 1

    # What happens after a task fails: two more tries within half an hour, then elsewhere.
    restart {
      attempts = 2
      interval = "30m"
      delay    = "15s"
      mode     = "fail"
    }

    network {
      # A free port of the node is chosen; with `static = 8080` it is that one.
      port "http" {}
    }

    task "hello" {
      # What runs the task: raw_exec starts a program of the node, as it is.
      driver = "raw_exec"

      # Options of the driver.
      config {
        command = "/bin/sh"
        args    = ["-c", "while true; do echo \"$GREETING, port $NOMAD_PORT_http\"; sleep ${local.pause_seconds}; done"]
      }

      # What is known on the node only stays as it is until then.
      env {
        GREETING = "${var.greeting} from ${node.unique.name}"
      }

      # A download, checked before it is used.
      #
      # artifact {
      #   source      = "https://example.com/tool"
      #   destination = "local/tool"
      #   mode        = "file"
      #   options {
      #     checksum = "sha256:…"
      #   }
      # }

      # What the task may take: MHz of processor and MB of memory.
      resources {
        cpu    = 100
        memory = 64
      }

      # How much of what the task prints is kept: files and MB each.
      logs {
        max_files     = 5
        max_file_size = 10
      }

      # How long the task gets to end after it was asked to.
      kill_timeout = "5s"
    }
  }
}
