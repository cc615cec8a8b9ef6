"""The command line: each command is options, a call of the library, and what to print."""
