"""Edits of revision files: a plan first, then files written beside and renamed."""
