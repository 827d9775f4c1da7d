"""A gateway's processes and their sockets: bound once, forked, told to end, replaced. Nothing of messages here."""
