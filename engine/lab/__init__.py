"""The lab: what can be turned of a run, what may be asked for, and what a move computes, from a config to arrays."""
