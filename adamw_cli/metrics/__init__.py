"""Measured numbers, one file per metric: from the weights at every step, never from a formula of theory/.

_contract.py says what a file declares; registry.py finds it.
"""
