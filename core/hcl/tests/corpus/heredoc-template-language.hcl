a = <<EOF
{{ range service "web" }}server {{ .Address }};{{ end }}
EOF
