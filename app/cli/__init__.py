"""What is typed: run, serve, worker, migrate, openapi, access."""
