"""What goes wrong in an analysis, in words for whoever asked for it."""


class AnalysisError(ValueError):
    """An analysis that was refused or cannot be made: one sentence that says what was wrong and what would work."""
