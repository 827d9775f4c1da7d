"""Apps and senders: what each may do, its keys, what to publish in the DNS, and a mail to try it."""
