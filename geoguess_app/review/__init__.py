"""Reviewing many photos: a session as data, its actions, its file and what it saves. No window."""
