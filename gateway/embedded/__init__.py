"""The private store server of a gateway without `redis_url`: its program, its data folder, its life."""
