"""All screens."""
