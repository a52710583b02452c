"""From the parser's tree to the AST: a function for each rule of the grammar."""
