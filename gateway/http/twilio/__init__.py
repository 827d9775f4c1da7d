"""`/hooks/twilio/...`: what Twilio tells us, a file for each kind of webhook. None is believed that it did not sign."""
