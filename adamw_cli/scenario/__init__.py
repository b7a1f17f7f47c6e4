"""Scenarios: what may stand in a YAML file (model, check), how it is read (load), found (find) and described (schema)."""
