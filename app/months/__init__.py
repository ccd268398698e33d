"""What was decided: one patient's month, asked of stored facts or of facts sent along."""
