"""What is typed: run, serve, migrate, openapi, access."""
