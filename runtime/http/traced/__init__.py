"""The traced function: runs an agent while its caller waits, and sends the trace before it answers."""
