"""Settings of the command line from a TOML file: which file (files), where in it (places), and what it says (read).

It knows neither the command-line library nor the commands: `cli.settings` describes those to it.
"""

# The one setting that stands before the tables of commands, for every command that has it.
SHARED = "plugins"
