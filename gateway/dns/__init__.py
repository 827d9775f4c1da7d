"""The DNS records that senders and the way in need: which they are, what name servers say, and what to do."""
