variable "ports" {
  type    = map(number)
  default = { http = 80, https = 443 }
}

locals {
  names = [for k, v in var.ports : upper(k)]
}

job "d" {
  dynamic "group" {
    for_each = var.ports
    iterator = it
    labels   = [it.key]

    content {
      count = it.value
    }
  }
}
