"""A gateway put together from its settings. Implementations are named here and nowhere else.

serving, ports                   `gateway serve`: its processes and their sockets
wiring                           what one worker has, a function a role
roads, outgoing_mail, http_doors     the parts that it is made of
archiving_process, restoring     the process beside the workers; a store filled from the archive
store_access, archives           the store and the archive that settings name
ways_out                         the ways out, for mail, texts and calls
mail_submission, mail_ways_in, mail_providers, phone_ways_in    the ways in
consoles, log_questions          the console of a worker
watching                         how a process is watched
"""
