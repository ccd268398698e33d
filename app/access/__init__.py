"""Who may ask and for what: practices, and API keys and SMART clients, each of one practice and one source, with scopes."""
