"""What was recorded: append-only facts in Postgres, one ordered stream a patient and one of the practice's own."""
