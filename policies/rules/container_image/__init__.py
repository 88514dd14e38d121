"""Container images: the repositories that keep them and how they are built."""
