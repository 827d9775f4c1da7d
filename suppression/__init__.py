"""Who may be contacted: the domain, its rules and the store. Knows nothing of SMTP, HTTP or Twilio."""
