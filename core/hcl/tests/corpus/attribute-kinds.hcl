a = 1
b = "two"
c = true
d = false
e = null
_f = 3
g-h = 4
i2 = 5
