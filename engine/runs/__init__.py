"""What a run came to, kept: its folder written and read back, listed, asked by SQL, and by what it is known."""
