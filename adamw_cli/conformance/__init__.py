"""Is an implementation AdamW, and if not, which one is it: foreign code, probes, the space of variants, identification.

    target -> adapter -> one recorded trajectory per probe -> compared with every variant -> identification, first divergence

Knows neither files of scenarios nor terminals. `recurrence` is the one update rule that every variant is a case of; `runs` hands the
space to the engine, variants as lanes.
"""
