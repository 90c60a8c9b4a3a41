"""Hydra Desktop: watches monitoring plots, judges each, and tells the shift crew."""

__version__ = "0.1.0"
