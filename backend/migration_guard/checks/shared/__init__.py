"""What several checks say alike: words, and the ways out."""
