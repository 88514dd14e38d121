"""The parts of the workflow that have an agent: a process loads them only where it calls a model or a tool."""
