"""What became of a check, for people and for programs: what formats.py makes its formats of, one file for each that needs one.

words.py has the sentences that all of them share. Formats arrange; whether something failed is the verdict's business.
"""
