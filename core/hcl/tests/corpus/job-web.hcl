job "web" {
  datacenters = ["dc1", "dc2"]
  type        = "service"

  group "api" {
    count = 3

    network {
      port "http" {
        static = 8080
      }
    }

    task "server" {
      driver = "raw_exec"

      config {
        command = "/bin/app"
        args    = ["-listen", "${NOMAD_ADDR_http}", "-name", "${attr.unique.hostname}"]
      }

      env {
        MODE = "x"
      }

      template {
        data        = <<-EOH
          key = {{ key "a/b" }}
          {{- range services }}
          {{ .Name }}
          {{- end }}
        EOH
        destination = "local/app.conf"
      }
    }
  }
}
