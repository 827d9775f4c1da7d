"""The way in for mail: connection -> front (verbs) -> delivery (N copies into one reply).

mail_server: the connections of one process, and the work that outlives them. connection: the wire, speaking what
the verbs answer. front: the verbs, each returns a Reply and touches no socket. session: what one connection has
said so far. delivery: one message to N recipients, each copy decided, handed over, settled; one reply.
"""
