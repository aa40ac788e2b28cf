"""Rows made up for the tables of a scratch database, and what rows hold."""
