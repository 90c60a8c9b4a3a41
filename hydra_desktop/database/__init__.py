"""SQL and the image store: all that Hydra remembers."""
