a = "# no comment"
b = "/* none */"
c = "// none"
