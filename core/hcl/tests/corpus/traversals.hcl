a = b.c.d
e = f[0]
g = h["i"].j
k = l.0
m = n[*].o
p = q.*.r
s = t[u.v]
w = x .y
