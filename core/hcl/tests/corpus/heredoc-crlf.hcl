a = <<EOF
one
  two
EOF
b = 1
