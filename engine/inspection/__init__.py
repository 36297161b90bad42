"""Questions to a run: why the hedge was on or off, and what the strategy orders at the last close."""
