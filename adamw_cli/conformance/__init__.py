"""Is an implementation AdamW, and if not, which one is it: foreign code, probes, the space of variants, identification.

    target -> adapter -> one recorded trajectory per probe -> compared with every variant -> identification, first divergence

Knows neither files of scenarios nor terminals. NumPy alone: the variants are run in one vectorised loop (`recurrence`),
which takes a quarter of the time that the engine needs to compile one rule.
"""
