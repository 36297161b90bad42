"""The look-ahead and stability proof: a strategy is asked again and again on histories that were tampered with."""
