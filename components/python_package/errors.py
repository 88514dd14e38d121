"""What stops a package: a sentence for the user, and a stable code."""

import pulumi


class PackageError(pulumi.RunError):
    """A package that cannot be built. The command line shows it without a stack trace.

    Codes: PACKAGE_SOURCE (a source is missing or would put the package into itself), PACKAGE_BUILD (the installer
    failed), PACKAGE_ENTRY (a module that is to be started would not start), PACKAGE_SIZE (over AWS's limit).
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
