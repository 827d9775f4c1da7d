#!/bin/sh
# Postfix in the foreground, with what the environment says.
#   RELAY_NETWORKS  from where mail is taken        QUEUE_LIFETIME  until it is given up
#   BRIEF           where mail with a way out goes on to; nothing: it stays here
set -eu
postfix=/etc/postfix
cp /usr/share/gateway-postfix/main.cf /usr/share/gateway-postfix/master.cf "$postfix/"
printf '%s\n' 'mail_owner = postfix' >>"$postfix/main.cf"
if [ -n "${BRIEF:-}" ]; then
  printf '/^List-Unsubscribe-Post:/  FILTER %s\n' "$BRIEF" >"$postfix/header_checks"
else
  : >"$postfix/header_checks"
fi
postconf -e "myhostname = $(hostname -f)" "mynetworks = 127.0.0.0/8 ${RELAY_NETWORKS:-}"
if [ -n "${QUEUE_LIFETIME:-}" ]; then
  postconf -e "maximal_queue_lifetime = $QUEUE_LIFETIME" "bounce_queue_lifetime = $QUEUE_LIFETIME"
fi
exec postfix start-fg
