a "one" "two" three {
  b = 1
}
b one {
}
