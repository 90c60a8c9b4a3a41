"""What leaves the program other than by sound or screen: tables, reports, metrics."""
