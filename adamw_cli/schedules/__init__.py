"""Learning-rate schedules, one file each; the file's name is the `kind` in YAML. vocabulary.Schedule says what a file declares."""
