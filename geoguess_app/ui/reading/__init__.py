"""Reading the text on a photo, when the user asks for it: frames, clues to use, places to see."""
