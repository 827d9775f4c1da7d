"""What providers of mail delivery report by webhook, read into one vocabulary. No store here, and no HTTP server.

    events     the vocabulary: Event, EventKind; Webhook (what came), Told (what was read of it), the errors
    fields     values of JSON that may be anything
    sns        Amazon's notification service: signatures, certificates, subscriptions
    ses, sendgrid, postmark, mailgun   a file per provider: who signed it, and what its words mean

To add a provider:

1. a file with a class that is an `events.Provider`: `name` (the last part of /hooks/mail/NAME), `largest` (bytes of a
   body) and `read`, which first verifies and then reads. `NotSigned` for whatever the provider did not say, before a
   field of it is believed; `Malformed` for what it did say and nobody can read; `Unavailable` where that cannot be
   known now;
2. a table from the provider's words to EventKind. A failure is an ADDRESS_FAULT only where both the provider and the
   server's own code say so (`events.kind_of_failure`); a failure that the provider goes on trying is DELAYED;
3. an id for each event that is the same however often it is told, and `token` where the provider gives back what our
   mail carried (CFBL-Feedback-ID);
4. a section in gateway/config/providers.py, a line in its `load`, rows in deploy/SETTINGS.md and in the
   guide for operators;
5. tests with webhooks that the test itself signs: one for each of the provider's words, and one for each way to forge.
"""
