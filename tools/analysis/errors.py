"""The error of the analysis tools."""


class AnalysisError(ValueError):
    """An analysis that is not valid or not possible. The message states what is wrong and what would work."""
