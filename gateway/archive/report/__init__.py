"""The month in pictures: what the log says of it, as one page that stands alone."""
