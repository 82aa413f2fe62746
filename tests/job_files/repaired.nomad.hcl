# The printed file with its braces back, and a program of Linux in place of the one of Windows.
variable "hostname" {
  type = string
}

variable "source" {
  type = string
}

variable "sha256" {
  type = string

  validation {
    condition     = length(var.sha256) == 64
    error_message = "A sha256 has 64 digits."
  }
}

job "autorun" {
  region      = "global"
  datacenters = ["dc1"]
  type        = "system"

  constraint {
    attribute = "${attr.unique.hostname}"
    value     = var.hostname
  }

  group "autorun" {
    # Specify the number of these tasks we want.
    count = 1

    task "autorun" {
      driver = "raw_exec"

      config {
        command = "/bin/sh"
        args    = ["-c", "echo collected $(cat local/autorunsc64.exe); exec sleep 1000"]
      }

      artifact {
        source = var.source

        options {
          checksum = "sha256:${var.sha256}"
        }
      }

      resources {
        cpu    = 20
        memory = 20
      }
    }
  }
}
