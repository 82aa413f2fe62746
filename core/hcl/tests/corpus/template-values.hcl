a = "${1}"
b = "x${1}y"
c = "${true}${"s"}"
d = "${"only"}"
