a = [for x in y : x]
b = [for k, v in y : k if v]
c = {for k, v in y : k => v}
d = {for k, v in y : k => v...}
e = [for x in [1, 2] : x * 2]
