"""The forward record: a run registered with its hashes, and what it said and did at each close since, in a log."""
