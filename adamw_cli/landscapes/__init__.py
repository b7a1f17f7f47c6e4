"""Landscapes, one file each; the file's name is the `kind` in YAML. spec.Landscape says what a file declares."""
