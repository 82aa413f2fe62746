# Two services that reach each other through a service mesh: the dashboard asks the api through a proxy beside it,
# and neither knows the other's address.

job "countdash" {
  # The one that counts.
  group "api" {
    # A network of the group's own, so that nothing but the proxy gets in.
    network {
      mode = "bridge"
    }

    # The port is that of the program, inside the group's network.
    service {
      name = "count-api"
      port = "9001"

      connect {
        sidecar_service {}
      }
    }

    task "web" {
      driver = "docker"

      config {
        image = "registry.example.com/counter-api:v1"
      }
    }
  }

  # The one that people look at.
  group "dashboard" {
    network {
      mode = "bridge"

      # Open to the outside: port 9002 of the node.
      port "http" {
        static = 9002
        to     = 9002
      }
    }

    service {
      name = "count-dashboard"
      port = "http"

      connect {
        sidecar_service {
          proxy {
            # The api, on a port of the group's own network.
            upstreams {
              destination_name = "count-api"
              local_bind_port  = 8080
            }
          }
        }
      }
    }

    task "dashboard" {
      driver = "docker"

      env {
        # Filled in when the task starts.
        COUNTING_SERVICE_URL = "http://${NOMAD_UPSTREAM_ADDR_count_api}"
      }

      config {
        image = "registry.example.com/counter-dashboard:v1"
      }
    }
  }
}
