a = <<A
x ${<<B
inner
B
} y
A
