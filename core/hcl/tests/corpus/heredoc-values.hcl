a = <<EOF
x ${1} y ${node.class}
EOF
