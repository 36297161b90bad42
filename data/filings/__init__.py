"""What companies filed with the SEC, and what they are worth by it: point in time."""
