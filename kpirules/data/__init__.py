"""The data that rules are run on: bindings, readers and the checks of contracts."""
