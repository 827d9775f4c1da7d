"""The ways in, and the assembly: SMTP front, HTTP API, pages, duties, command line."""
