a = <<-EOF
    one
      two

    three
    EOF
