"""What the workflows of this repository work out. Nothing of it is part of the package."""
