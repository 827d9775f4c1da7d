"""Calls: what is said in them (TwiML), and what a call is when it leaves."""
