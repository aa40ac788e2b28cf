"""`history`: what has gathered in a long history, and the command to do about each; for once a week."""
