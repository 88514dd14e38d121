"""The files of the data bucket, and the tables in them."""
