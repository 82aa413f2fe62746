a = <<EOF
x
EOF # no
