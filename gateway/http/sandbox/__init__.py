"""`/sandbox` (dev only): what would have left, as its reader sees or hears it, and a telephone to answer with."""
