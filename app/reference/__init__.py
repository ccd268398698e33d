"""The law as a person reads it: what is in force, what changed, how well it was read, which cases prove it."""
