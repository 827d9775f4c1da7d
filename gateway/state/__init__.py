"""What is in the store and not about recipients: API keys; later sessions, rate limits, import progress."""
