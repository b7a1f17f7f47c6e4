"""Noise on the gradient, one file per kind; the file's name is the kind's name in YAML."""
