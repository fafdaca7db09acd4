"""The Train mode: from a folder of located photos to a model, through the trainer's commands."""
