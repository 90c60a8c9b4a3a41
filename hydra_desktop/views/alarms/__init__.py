"""Alarms: what needs a person and what is held back, how well they work, and what a shift hands over."""
