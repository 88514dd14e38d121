"""One call of a tool in a container of its own."""
