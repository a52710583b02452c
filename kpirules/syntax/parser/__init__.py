"""The parser of one item: its lexer, and its tables, which are built once and kept."""
