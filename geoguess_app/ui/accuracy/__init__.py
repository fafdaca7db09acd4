"""The Accuracy mode: answers beside truths, on the map, in figures and in a table."""
