"""The ways out: one carrier per channel. A carrier sends only what a Permit allows."""
