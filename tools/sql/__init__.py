"""SQL over the CSV and Parquet files of the data bucket, read-only, in a process of its own."""
