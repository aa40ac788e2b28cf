"""The backend of a Reddit agent: the application whose migrations this repository guards."""
