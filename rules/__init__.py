"""The bundled rule pack: one page and one check a rule, dialect tables and knowledge tables as data."""
