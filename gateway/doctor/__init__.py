"""`gateway doctor`: whether what the gateway stands on is in order, seen from here; a module for what is looked at."""
