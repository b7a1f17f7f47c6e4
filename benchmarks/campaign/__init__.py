"""The classes of faults that benchmarks/faults.py draws from, and what they have in common."""
