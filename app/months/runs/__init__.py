"""Month-end runs: a month's determinations for all patients of a practice, a list of them, or those that changed."""
