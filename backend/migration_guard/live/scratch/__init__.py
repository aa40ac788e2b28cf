"""The folder of everything that a live run makes, and that it is gone afterwards."""
