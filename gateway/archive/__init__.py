"""The log's archive: what left the streams, in Parquet files that anybody's tools can read, and questions to both."""
