"""Sources: where plots come from."""
