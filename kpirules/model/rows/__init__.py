"""The rows of tables as a subject sees them: whose each is, when it happened, and what may be added up."""
