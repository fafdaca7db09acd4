"""Models on this machine, models that can be had, and making bundles out of published files.

The only package of the program that fetches models from a network, and only when it is told to.
"""
