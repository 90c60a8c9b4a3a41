"""Alarms: how well they work, and what one shift hands over to the next."""
