"""The run of an evaluation, from a table of photos to the folder of results."""
