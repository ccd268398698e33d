"""The law: what a rule checks in Python, what is in force when, on whose authority, in dated TOML beside it."""
