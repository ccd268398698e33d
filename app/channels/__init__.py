"""Ways in: what others send in their own words becomes facts."""
