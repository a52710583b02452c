from __future__ import annotations

from tests.docs.error_codes import PAGE, page


def test_the_page_is_what_the_catalogues_say() -> None:
    assert PAGE.read_bytes().decode() == page(), f"{PAGE.name} is stale: run `python -m tests.golden.reset`"
