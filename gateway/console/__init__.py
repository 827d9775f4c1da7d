"""Support's pages: agents sign in, find a recipient, see what is known and why, stop, lift, link, erase."""
