"""The model library: the models on this computer, those that can be fetched, and what to do."""
