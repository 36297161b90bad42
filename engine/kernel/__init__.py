"""The rule book executed by ourselves: the plain loop, which is the oracle of every other execution."""
