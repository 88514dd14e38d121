"""The files of the data bucket, and the tables that they are."""
