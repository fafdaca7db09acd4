"""``geoguess-train``: one file a subcommand; parsing and wording only."""
