"""The error of a file that is no table."""


class TableError(ValueError):
    """A file that cannot be read as a table. The message names the line where there is one, and what to do."""
