"""Which care-management codes may be billed for a patient's month, and why."""
