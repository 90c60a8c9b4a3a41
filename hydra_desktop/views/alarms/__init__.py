"""The alarms screen: what needs a person, what somebody has, what is held back, and who would hear it."""
