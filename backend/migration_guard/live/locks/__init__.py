"""The locks that statements take on PostgreSQL, as they take them."""
