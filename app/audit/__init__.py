"""Proof that the ledgers are what they were: checkpoints outside the database, and whoever verifies by them."""
