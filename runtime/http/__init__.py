"""What serves HTTP: the streaming endpoint, and the function that answers at once."""
