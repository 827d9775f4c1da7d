"""Mail that comes back: to which of our addresses it is (routing), and what each kind of address does with it.

gateway/smtp/inbound takes it in, by SMTP without AUTH or by LMTP, and speaks verbs only. `Receiver` has the table of
kinds of address: a kind without a handler takes no mail. A handler returns when its effect is durable (promise 3),
so it may be called again with the same mail: whatever it does, it does under an id made of that mail.

    unsubscribing  mailto addresses
    bounces, complaints  reports: read, whose mail it was (attribution), what follows (applying)
    mailbox        opt-out mailboxes: what was written (opt_outs), the one short answer (answering, stop_letter)
    passing_on     bounces on to their apps, mail to opt-out mailboxes on to their readers
    handling       the handlers put together

To add a kind of address: a class in routing, a field in `Handlers`, a case in `Receiver`, its handler in `handling`.
"""
