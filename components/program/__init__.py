"""What the program builds from its settings, and what it exports."""
