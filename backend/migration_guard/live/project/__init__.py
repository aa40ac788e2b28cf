"""A project's own code, run here: its env.py, its revisions, its models, and no database but the scratch ones."""
