"""Closed forms for weight decay: numbers in, numbers out, with `math` alone.

Each function's docstring has its formula, the assumption under which it holds, and where it comes from; "docs/theory.md 1.1"
is that section of docs/theory.md. Throughout, x = lr * weight_decay, so that decay alone multiplies a weight by 1 - x,
or by 1 - x*factor under a schedule, at each step. The formulas are about real numbers: where 1 - x rounds to 1, a
computer's weight stays where it is and the formula's does not.
"""
