a = <<"EOF"
x
EOF
