"""The process that makes the alarm sound."""
