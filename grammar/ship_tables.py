"""The build hook of the wheel: ships the parser's tables, so that the first check after an install builds none."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ShipTables(BuildHookInterface[Any]):
    """Adds the tables to a wheel, beside the grammar. An editable install builds and caches its own."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the tables from the sources of the wheel."""
        if version == "editable":
            return
        sys.path.insert(0, self.root)
        from kpirules.syntax.parser import item_parser, parse_tables  # noqa: PLC0415  # from the sources at hand

        built = item_parser.ItemParser.build().tables()
        with tempfile.NamedTemporaryFile(delete=False) as file:
            file.write(parse_tables.encoded(built))
        self._temporary = Path(file.name)
        build_data["force_include"][file.name] = f"kpirules/_grammar/{parse_tables.name(item_parser.key())}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002  # the hook's signature
        """Remove the file that the wheel took in."""
        if version != "editable":
            self._temporary.unlink()
