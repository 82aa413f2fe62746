a = []
b = [1]
c = [1, "two", true, null]
d = [
  1,
  2,
]
e = [[1, 2], [3]]
