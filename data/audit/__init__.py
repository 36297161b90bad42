"""The audit: what is wrong, or looks wrong, with bars and series."""
