"""The roads that every front takes, whatever its protocol: to a permit, to a change, to what is known.

pipeline, handing_over       from a request to a permit; the moment in which a message leaves
changes, reviews             what recipients, agents and apps tell us, and what must be decided first
roster, events               who belongs together, and what apps report of their customers
reading, exporting           what is known of a recipient, for pages, the API and for the recipient
help_desk, audiences         what support does for one recipient, and what is checked for lists of people
"""
