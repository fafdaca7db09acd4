"""Parts that every view uses: icons, themes, tables, words."""
