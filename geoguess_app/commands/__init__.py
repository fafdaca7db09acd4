"""The command line's subcommands. No Qt; torch and the model are loaded only when needed."""
