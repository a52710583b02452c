"""The types that operations give: units, digits and bounds, and the faults where there are none."""
