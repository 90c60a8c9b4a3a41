"""Episodes, panels and alarms as verdicts come in, on a real database."""
