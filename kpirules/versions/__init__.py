"""Schemes in git: the commit that is checked out, and rule files as they were committed."""
