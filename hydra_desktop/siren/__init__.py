"""What makes the alarm sound, in a process of its own."""
