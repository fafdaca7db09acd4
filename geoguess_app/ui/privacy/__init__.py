"""Privacy check: how precisely could a photo be placed, what gives it away, and a copy without."""
