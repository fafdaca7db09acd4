"""Networks on a device: trunks, heads and the back end that runs them."""
