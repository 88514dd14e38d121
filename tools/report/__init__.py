"""The report of a run: the tools that read its results and write it, and the check of its links and numbers."""
