variable "artifact_url" {
  type = string
}

variable "artifact_checksum" {
  type = string
}

job "hello" {
  type = "batch"

  group "hello" {
    task "hello" {
      driver = "raw_exec"

      artifact {
        source      = var.artifact_url
        destination = "local/greeting.sh"
        mode        = "file"
        options {
          checksum = var.artifact_checksum
        }
      }

      config {
        command = "/bin/sh"
        args    = ["local/greeting.sh", "${node.unique.name}"]
      }

      env {
        GREETING = "Hello"
      }

      resources {
        cpu    = 20
        memory = 20
      }
    }
  }
}
