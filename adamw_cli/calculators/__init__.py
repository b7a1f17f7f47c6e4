"""Answers from closed forms and tables alone: half-life, convert, defaults. Nothing here runs a scenario or imports numpy."""
