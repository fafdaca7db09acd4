"""Judged photos of a finished evaluation, or of the user's own, for looking at one by one."""
