"""The operating side: commands that look after the real database. Nothing else of the guard touches one."""
