"""Analytics: what the hedge did, beside its controls, and whether that can be told from luck."""
