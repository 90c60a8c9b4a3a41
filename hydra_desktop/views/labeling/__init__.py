"""Labeling: pages of plots that people say what they are."""
