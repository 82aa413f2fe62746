a = "%{ if true }yes%{ else }no%{ endif }"
b = "%{ for x in [1, 2] }${x},%{ endfor }"
