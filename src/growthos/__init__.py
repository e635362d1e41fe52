"""growthos: what a shop sold, what it cost to get, and whether something is breaking."""
