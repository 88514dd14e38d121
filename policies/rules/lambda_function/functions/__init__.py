"""What the rules need to know about functions and their packages."""
