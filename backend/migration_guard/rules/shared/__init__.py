"""What several rules work out together: names, what is made and undone, and the words to paste."""
