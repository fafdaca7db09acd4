"""Other map backgrounds: a tile file of the user, or online tiles by choice."""
