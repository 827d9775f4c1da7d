"""`make bench`: what the gateway does per second, as a table and as build/bench.json."""
