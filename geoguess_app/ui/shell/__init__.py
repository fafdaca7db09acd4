"""The window itself: start, modes, actions, what comes in, status."""
