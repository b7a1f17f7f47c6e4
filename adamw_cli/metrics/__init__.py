"""Measured numbers, one file per metric: from the weights at every step, never from a formula of theory/.

_contract.py says what a file declares; registry.py finds it. What a plug-in needs of it can be imported from here.
"""

from adamw_cli.metrics._contract import AtTheEnd, Chunk, Ending, Facts, finished, finite, norm

__all__ = ["AtTheEnd", "Chunk", "Ending", "Facts", "finished", "finite", "norm"]
