"""What servers say, and to whom it happens."""

ANN = "ann@example.net"
NO_SUCH_USER = "550 5.1.1 <ann@example.net>: Recipient address rejected: User unknown"
POLICY = "550 5.7.1 Message rejected due to content"
FULL = "452 4.2.2 Mailbox full"
