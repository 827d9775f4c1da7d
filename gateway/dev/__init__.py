"""`gateway dev`: how it starts, its demo configuration, and the keys and passwords made for it."""
