# The smallest useful job: runs one command to its end.
#
#   muster job run examples/hello.nomad.hcl
#   muster logs -job hello

variable "greeting" {
  type        = string
  default     = "hello"
  description = "What to print."
}

job "hello" {
  type = "batch"

  group "hello" {
    task "print" {
      driver = "raw_exec"

      config {
        command = "/bin/sh"
        args    = ["-c", "echo \"$GREETING from $NOMAD_ALLOC_ID\""]
      }

      env {
        GREETING = var.greeting
      }

      resources {
        cpu    = 50
        memory = 32
      }
    }
  }
}
