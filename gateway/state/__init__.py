"""What is in the store and not about recipients: API keys, agents, sessions, rate limits, imports."""
