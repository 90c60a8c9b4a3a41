"""The detail view: one plot in full, with all that is known of it."""
