"""Mail that comes back: what it is, read from its bytes. No store, no network; nothing here believes what it reads.

    received      the message: header, parts, decoded text
    report_parts  blocks of fields, and what is found of the mail that it is about
    bounce_codes  status codes and servers' sentences -> whose fault
    dsn           RFC 3464 reports; else notice (prose), else flufl.bounce
    arf           RFC 5965 complaints, and complaints in other forms
    quoted_text   what a person wrote, without what they quote
    classify      the one door

Whoever acts on it needs a token of ours or a matching decision: every field of a report can be forged.
"""
