a = "${attr.kernel.name}"
b = "pre-${meta.rack}-post"
c = "${env["HOME"]}/x"
d = node.class
