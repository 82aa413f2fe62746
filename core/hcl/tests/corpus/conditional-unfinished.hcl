a = b ? 1
