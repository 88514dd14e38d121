"""SQL over the CSV files of the data bucket, read-only, in a process of its own."""
