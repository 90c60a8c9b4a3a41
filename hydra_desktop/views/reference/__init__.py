"""Confirming what is normal in a new run period."""
