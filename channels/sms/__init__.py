"""Texts: what is said in them, and what a text is when it leaves."""
