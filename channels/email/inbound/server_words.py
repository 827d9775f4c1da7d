"""What servers say when they refuse: sentences, and what each of them means. Lower case, punctuation mostly off.

In order of trust: a fault of the sender is never taken for a dead address, whatever else is said.
"""

import re

MAX_WORDS = 4000
BRACKETS = re.compile(r"[()\[\]{}<>\"]+")
# Addresses, URLs and host names hold any word: they are no sentence of the server.
NO_WORDS = re.compile(r"<[^<>\s]{1,300}>|(?:https?://|www\.)\S+|[^\s<>()]{1,300}@[^\s<>()]{1,300}")


def _any(phrases: str) -> re.Pattern[str]:
    """A pattern for any of the lines."""
    return re.compile("|".join(line.strip() for line in phrases.strip().split("\n")))


# Said by servers that use an address code for something else: never an address fault, whatever the code.
SENDER_FOR_SURE = _any(
    r"""
    \bdmarc\b
    \bspf\b
    \bdkim\b
    \brbl\b
    \bdnsbl\b
    \bspam\b
    spamhaus
    spamming
    blacklist
    block ?list
    blocklisted
    reverse dns
    poor reputation
    bad reputation
    not accepted for policy
    policy reasons
    security polic
    unauthenticated
    authentication level
    sending domain
    too many recipients
    too many messages
    (?:after|reply to) (?:mail from|initial connection|helo|ehlo)
    sender was rejected
    my name was rejected
    sending rate
    at a rate that
    rate limit
    relay quota
    unsolicited
    bulk mail
    \bube\b
    \bvirus\b
    malware
    """
)
FULL = _any(
    r"""
    (?:mail ?box|mail ?folder|inbox|account)\W{0,3}(?:\w+\W+){0,4}?(?:full|voll|pleine)\b
    (?:mail box|boîte|postfach|maildrop)\W{0,3}(?:\w+\W+){0,4}?(?:full|voll|pleine)\b
    over[- ]?quota
    exceed\w*(?: \w+){0,3} quota
    quota(?: \w+){0,3} exceed
    quota violation
    disk quota
    mail quota
    out of (?:disk|storage) space
    box space not enough
    insufficient storage
    not enough (?:disk |storage )?space
    too much mail stored
    exceeded the local limit
    user has exhausted
    cuota (?:\w+ ){0,2}(?:excedida|superada)
    quota dépassé
    переполнен
    """
)
SENDER = _any(
    r"""
    sender (?:address )?(?:was )?(?:rejected|denied|verify)
    (?:sender|return|reply-to)(?:'s)? (?:e-?mail )?address
    (?:unknown|invalid|illegal) (?:sender|return|from)
    sender domain
    domain of (?:the )?sender
    sender'?s? (?:e-?mail )?(?:address )?domain
    unroutable sender
    may not send
    not (?:allowed|authorized|permitted) to send
    relay(?:ing)?\W+(?:access )?(?:denied|not|prohibited)
    not configured to relay
    unable to relay
    no relay
    client host (?:rejected|blocked)
    (?:message|mail) (?:content )?rejected
    header error
    message looping
    no\W+resent-from
    message not allowed
    invalid domain name
    messages? from \S+ weren'?t
    weren't sent
    line limit exceeded
    (?:message|mail)(?: \w+){0,2} (?:size|length|too (?:large|big|long))
    size (?:limit )?exceed
    exceeded maximum (?:inbound )?message
    incorrectly constructed
    does not support tls
    invalid ip for sending
    not verified
    (?:message|mail|ip|host|connection|address)\W+(?:\w+\W+){0,3}blocked
    blocked (?:using|by|for|because)
    not accepting mail from
    bad spf
    access denied
    permission to post
    not a member
    join the group
    open relay
    send mail as
    banned
    refused by our
    suspicious
    malformed
    """
)
# Before ADDRESS: a name server that failed is no missing domain.
TRY_AGAIN = _any(
    r"""
    not found, try again
    try (?:again )?later
    temporar
    (?:account|compte)(?: \w+){0,2} (?:is|est) blo(?:cked|que)
    """
)
ADDRESS = _any(
    r"""
    (?:user|account|recipient|mailbox|address|addressee|login|name|userid)(?: \w+){0,2}? (?:is )?unknown
    (?:user|account|recipient|mailbox|address|addressee|login|name|userid)(?: \w+){0,2}? (?:is )?invalid
    (?:user|account|recipient|mailbox|address|name)(?: \w+){0,2}? (?:is )?not (?:known|found|exist|recogni[sz]ed)
    (?:user|account|recipient|mailbox|address|name)(?: \w+){0,2}? (?:is )?not listed
    (?:user|account|recipient|mailbox|address|name)(?: \w+){0,2}? does(?:n't| not) exist
    (?:unknown|illegal|invalid|non-?existent|no such) (?:or illegal |local )?(?:\w+ )?(?:user|recipient|mailbox)
    (?:unknown|illegal|invalid|non-?existent|no such) (?:or illegal |local )?(?:\w+ )?(?:account|address|addressee)
    (?:unknown|illegal|invalid) (?:final delivery )?(?:userid|destination)
    no (?:such )?(?:mailbox|user|person|account)(?: \w+)? (?:here|by|with|found|known)
    doesn'?t have an? \S+ account
    (?:account|user|mailbox|recipient)(?: \w+){0,6} (?:doesn'?t|does not) exist
    not our (?:customer|user)
    no such (?:user|mailbox|recipient|person|address|account)
    (?:account|mailbox|address|user|recipient)(?: \w+){0,3}? (?:disabled|discontinued|deactivated|closed)
    (?:account|mailbox|address|user|recipient)(?: \w+){0,3}? (?:deleted|terminated|inactive|expired)
    disabled recipient
    inactive (?:email|user|account|address|mailbox)
    is no longer (?:valid|available|in use|active|on)
    no longer (?:valid|on server)
    has moved
    wrong or no longer
    no valid recipients?
    not a valid user
    no matches to nameserver
    is not (?:hbc )?e-?mail users
    not exactly match
    null mx
    no smtp service
    (?:host|domain) (?:is )?unknown
    unknown host
    unrouteable address
    no such domain
    domain (?:name )?(?:does not exist|not found)
    couldn'?t find any host named
    host not found
    host \S+ not found
    nxdomain
    empf(?:ae|ä)nger unbekannt
    utilisateur (?:inconnu|non recens)
    destinataire invalide
    adresse[^.]{0,60} n'existe (?:pas|plus)
    usuario (?:desconocido|no existe)
    no existe
    no encontrad
    пользователь не найден
    user not exist
    recipient name is not recognized
    final email delivery point
    見つかりません
    存在しません
    """
)
TEMPORARY = _any(
    r"""
    retry timeout
    message expired
    envelope expired
    giving up
    given up after
    has not been collected
    failed \d+ attempts
    maximum delivery attempts
    multiple retries
    in the queue too long
    could not (?:be delivered|deliver) for
    for the last \d+ seconds
    not delivered within
    queue period
    cannot send message for
    all hosts have been failing
    deferred
    timed out
    connection refused
    not reachable within
    time-expired
    did not accept our requests
    not responding
    aborted after
    unable to establish
    wasn't able to establish
    unavailable or busy
    account (?:is |has been )?(?:temporarily )?(?:locked|suspended|blocked|frozen)
    mailbox is frozen
    (?:mailbox|account) (?:is )?(?:currently |temporarily )?unavailable
    has not yet been delivered
    """
)
NETWORK = _any(
    r"""
    network error
    no route to host
    not reachable
    unreachable
    socket error
    loop
    hop count
    too many hops
    not accepting (?:connections|messages|network)
    service (?:currently )?unavailable
    internal (?:system|server|software) error
    mailer error
    ldap server
    command died
    lock failure
    remote protocol error
    could not find a gateway
    does not advertise auth
    improper sequence
    not implemented
    """
)


def normalised(said: str) -> str:
    """Lower case, single blanks, without addresses and URLs."""
    return " ".join(BRACKETS.sub(" ", NO_WORDS.sub(" ", said[:MAX_WORDS])).lower().split())
