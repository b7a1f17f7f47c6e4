"""From a scenario and its trace to verdicts: predict (theory), measure (metrics), compare (expectations).

What belongs here acts on any scenario. A question of its own that makes a scenario belongs to studies/, an answer that runs
nothing to calculators/.
"""
