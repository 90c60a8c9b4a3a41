"""The library: models by plot type, what is live, sets, and what may be done with them."""
