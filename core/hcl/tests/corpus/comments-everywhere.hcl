a = 1 # one
b = /* x */ 2 // two
c = [ # in a list
  1, // one
  /* two */ 2,
]
d /* kind */ "l" /* label */ { # body
  e = 1
} # end
