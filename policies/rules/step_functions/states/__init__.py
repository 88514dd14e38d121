"""The definition of a state machine: its states, transitions, expressions and times."""
