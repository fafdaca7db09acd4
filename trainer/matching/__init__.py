"""Trust in "the same place": pairs of photos with known positions, fitted and measured."""
