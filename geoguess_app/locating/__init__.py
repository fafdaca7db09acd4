"""One way from photos to answers: the stream, the memory of earlier answers, scenes."""
