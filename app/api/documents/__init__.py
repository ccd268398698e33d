"""The OpenAPI document: what is said of each call beside its code, and the schemas made from the facts' own types."""
