"""From a scenario and its trace to verdicts: predict (theory), measure (metrics), compare (expectations)."""
