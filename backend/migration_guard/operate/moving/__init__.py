"""The parts of `db transfer`: how values are told and spelled, read, sent, and read back."""
