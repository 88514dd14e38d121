"""Settings and tags that MiniStack accepts and does not return, or returns in a form that AWS does not have.

The AWS provider reads a resource after each create and update, and at every refresh. A setting that is missing there is
a change that the next deployment tries to make, and an operation that is missing ends it with an error. The pages of
a log are here, too.

It runs in the emulator's environment, so it imports the standard library and the project only.
"""
