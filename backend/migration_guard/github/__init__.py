"""What the action and the reusable workflow do on GitHub: their YAML calls `python -m migration_guard.github PART`."""
