"""Pages a person looks at: rendered here, with no script and nothing from elsewhere."""
