"""Recorded GPS tracks: where the camera's owner was when a photo was taken."""
