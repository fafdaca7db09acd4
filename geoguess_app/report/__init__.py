"""The report of one photo: a page that says what was found, from what, and how to repeat it."""
