"""The error of a package that cannot be built: a message for the user, and a stable code."""

import pulumi


class PackageError(pulumi.RunError):
    """A package that cannot be built. The command line shows it without a stack trace.

    Codes: PACKAGE_SOURCE (a source is missing, contains the package itself, or has the name of a dependency; a
    requirements file is missing or cannot be read), PACKAGE_BUILD (the installer failed), PACKAGE_ENTRY (an entry point
    or an agent cannot start), PACKAGE_PLATFORM (a library for another platform), PACKAGE_SIZE (over AWS's limit).
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
