"""Rendering: results become documents (simulation, half_life, check, catalog), documents become text. Nothing is computed here."""
