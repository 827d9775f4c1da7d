"""The HTTP front: API, the recipient's pages, health, and in dev the sandbox. A module per resource."""
