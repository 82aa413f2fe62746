a = <<EOF
one
  two

three \n "quoted"
EOF
b = 2
