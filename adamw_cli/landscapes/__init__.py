"""Landscapes, one file each; the file's name is the `kind` in YAML. vocabulary.Landscape says what a file declares."""
