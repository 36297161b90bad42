"""Research: many combinations of a run's keys, computed in chunks that a killed sweep keeps."""
