"""What apps are told of what happened: events, by the Standard Webhooks specification."""
