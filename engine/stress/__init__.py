"""What becomes of today's book in scenarios: sessions that are appended to history."""
