"""Bulk: lists of stops, tried, put in, watched, and taken back."""
