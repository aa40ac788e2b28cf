"""Models against the schema that the migrations built."""
