"""What is wrong with an image."""


class ImageProblemError(Exception):
    """The image could not start on Lambda. The message names the file that was looked for."""
