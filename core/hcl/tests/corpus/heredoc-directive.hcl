a = <<-EOF
  %{ if true ~}
  yes
  %{ endif ~}
  EOF
