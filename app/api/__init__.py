"""HTTP: routes, the reading of what is sent, problems, and the OpenAPI document."""
