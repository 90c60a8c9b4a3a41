"""The report of a model: its figures, and the plots that it got wrong."""
