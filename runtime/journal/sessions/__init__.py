"""Sessions: the runs that they accept, and the messages that wait for their turn."""
