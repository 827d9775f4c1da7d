"""Lists of stops from elsewhere: read row by row, tried without effect, put into the store, undone."""
