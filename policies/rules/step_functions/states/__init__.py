"""What a definition says: its states, transitions, expressions and times."""
