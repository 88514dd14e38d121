"""Writes the corpus: what the examples of the SDK's documentation register."""
