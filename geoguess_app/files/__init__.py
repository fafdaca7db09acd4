"""Files of the program's own: whole or not at all; CSV; where user data lie."""
