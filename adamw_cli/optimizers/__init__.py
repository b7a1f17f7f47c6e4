"""Update rules, one file each; the file's name is the rule's `kind` in YAML. spec.Rule says what a file declares."""
