"""Update rules, one file each; the file's name is the rule's `kind` in YAML. vocabulary.Rule says what a file declares."""
