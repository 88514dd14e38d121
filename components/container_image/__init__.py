"""ContainerImage: an image for a function, built and pushed, which proves in its build that it can start."""

from components.container_image.args import ContainerImageArgs
from components.container_image.container_image import ContainerImage

__all__ = ["ContainerImage", "ContainerImageArgs"]
