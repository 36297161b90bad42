"""Analytics: what the hedge did, beside its controls, and whether that is more than luck."""
