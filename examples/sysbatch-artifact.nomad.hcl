# Runs a tool once on every machine of an organisational unit: fetched over HTTPS, checked against its SHA-256
# before it starts, its output kept in the task's logs.
#
#   muster job run \
#     -var tool_url=https://artifacts.example.com/triage-1.4.2 \
#     -var tool_sha256=<64 hexadecimal digits> \
#     -var ou=finance \
#     examples/sysbatch-artifact.nomad.hcl
#
# One machine only: add -var 'hostname=^my-machine$'

variable "tool_url" {
  type        = string
  description = "HTTPS address of the tool."
}

variable "tool_sha256" {
  type        = string
  description = "SHA-256 of the tool in hexadecimal; a file that differs is never started."
}

variable "ou" {
  type        = string
  default     = "default"
  description = "Organisational unit: the `ou` in the meta of the machines to visit."
}

variable "hostname" {
  type        = string
  default     = "."
  description = "Regular expression over host names; the default matches all."
}

job "triage" {
  type     = "sysbatch"
  priority = 70

  constraint {
    attribute = "${attr.unique.hostname}"
    operator  = "regexp"
    value     = var.hostname
  }

  constraint {
    attribute = "${meta.ou}"
    value     = var.ou
  }

  group "triage" {
    # A machine on which it fails is reported, not tried over and over.
    restart {
      attempts = 1
      interval = "10m"
      delay    = "30s"
      mode     = "fail"
    }

    ephemeral_disk {
      size = 500
    }

    task "collect" {
      driver = "raw_exec"

      artifact {
        source      = var.tool_url
        destination = "local/triage"
        mode        = "file"

        options {
          checksum = "sha256:${var.tool_sha256}"
        }
      }

      config {
        command = "local/triage"
        args    = ["--format", "json", "--host", "${attr.unique.hostname}"]
      }

      meta {
        ou = var.ou
      }

      resources {
        cpu    = 200
        memory = 256
      }
    }
  }
}
