"""Who may ask: practices, and the keys that belong to one practice and one source."""
