"""The stairway: every revision up, down and up again, and what is seen on the way."""
