"""What the build of an image checks inside the image, before there is one: python -m verification. It has the standard
library only, and imports nothing of the project, because the image has this folder alone."""
