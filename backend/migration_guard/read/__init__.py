"""Reading: files, git objects and SQL become facts. Nothing that is read is ever run."""
