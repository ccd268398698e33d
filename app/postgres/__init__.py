"""The database: how it is reached, what a transaction is, and the server we start when none is given."""
