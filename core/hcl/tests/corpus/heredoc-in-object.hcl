a = {
  b = <<EOF
one
EOF
  c = 2
}
