"""The threshold bench: a line is dragged, and what that would do is told at once."""
