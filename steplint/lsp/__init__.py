"""The language server: the analysis of the command line for editors, over the language server protocol."""
