"""`verify` killed at random moments: nothing of it may be left, and the configured database stays bit for bit as it was."""
