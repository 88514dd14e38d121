"""CSV and Parquet files as tables: the one reader of the SQL tools and of the analysis tools."""
