"""Ways out, one file each: what runs found, as files that are written while they are sent."""
