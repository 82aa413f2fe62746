a = <<EOF

EOF
