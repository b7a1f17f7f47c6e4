"""What became of a check, for people and for programs: one file per format, each with `render(result) -> str`.

words.py has the sentences that all of them share. Formats arrange; whether something failed is the verdict's business.
"""
