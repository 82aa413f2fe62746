a = <<EOF
EOF is not the end
 xEOF
EOFS
EOF
