"""Texts and calls: what they say, their road from acceptance to an end, and what comes back by phone.

texts, calls                 the words, and for marketing the way out
sending                      accepted durably, decided again when due, settled
deliveries, provider_codes   what the provider reports, and what that says of a recipient
replies, text_answers        what somebody wrote to us, and our texts in answer
stops, call_answers          keys that were pressed in calls
"""
