"""Closed forms for weight decay: numbers in, numbers out, with `math` alone.

A public function is a closed form with a door, `adamw theory NAME`, for which its docstring has four parts: it begins with
`what it is: formula.`, a line `Holds when:` has the condition, a line `Source:` where it is from, and an example runs. What
holds for a whole module, and a source that its functions share, stands in the module's docstring. A symbol means the same
everywhere; `calculators/symbols.py` translates it. Throughout, x = lr * weight_decay, so that decay alone multiplies a weight by 1 - x,
or by 1 - x*factor under a schedule, at each step. The formulas are about real numbers: where 1 - x rounds to 1, a
computer's weight stays where it is and the formula's does not.
"""
