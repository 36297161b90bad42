"""Signals: causal functions on arrays, one small module a family."""
