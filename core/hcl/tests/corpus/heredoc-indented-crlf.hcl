a = <<-EOF
    one
      two
    EOF
