"""Report pages: HTML views of a study with tables, figures and maps."""
