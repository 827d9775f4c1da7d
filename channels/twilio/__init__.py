"""Twilio: texts and calls out by its REST API, its webhooks checked, its error codes understood."""
