"""Each medium that shows documents, a module each."""
