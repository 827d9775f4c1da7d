#!/bin/sh
# Postfix in the foreground, with what the environment says.
#   RELAY_NETWORKS  from where mail is taken        QUEUE_LIFETIME  until it is given up
#   BRIEF           where mail with a way out goes on to; nothing: it stays here
set -eu
postfix=/etc/postfix
# On a read-only root both folders are empty and root's: Postfix's own tables (dynamicmaps.cf) belong into the one, the other is its user's.
cp -r /usr/share/gateway-postfix/. "$postfix/"
chown postfix:postfix /var/lib/postfix
printf '%s\n' 'mail_owner = postfix' 'maillog_file = /dev/stdout' >>"$postfix/main.cf"
if [ -n "${BRIEF:-}" ]; then
  printf '/^List-Unsubscribe-Post:/  FILTER %s\n' "$BRIEF" >"$postfix/header_checks"
else
  : >"$postfix/header_checks"
fi
postconf -e "inet_interfaces = all" "myhostname = $(hostname -f)" "mynetworks = 127.0.0.0/8 ${RELAY_NETWORKS:-}"
if [ -n "${QUEUE_LIFETIME:-}" ]; then
  postconf -e "maximal_queue_lifetime = $QUEUE_LIFETIME" "bounce_queue_lifetime = $QUEUE_LIFETIME"
fi
exec postfix start-fg
