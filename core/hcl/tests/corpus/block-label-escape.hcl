a "x\ty\u00e4" {
  b = 1
}
