"""The error of the document tools."""


class DocumentError(ValueError):
    """A call that was rejected or failed. The message is for the model that made it."""
