"""The settings: read from gateway.toml and GATEWAY_*, checked as a whole, turned into values of the domain."""
