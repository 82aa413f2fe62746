a = f(<<EOF
one
EOF
)
