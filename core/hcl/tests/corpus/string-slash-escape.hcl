a = "a\/b"
