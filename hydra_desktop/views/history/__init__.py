"""The wall as it was at another time."""
