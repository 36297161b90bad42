"""The same rules in backtrader's own broker, and the only package that imports backtrader."""
