"""What a hostile server may show is refused, each by its code; and what is true beside it is taken."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from hubbub.client.crypto.refused import SENTENCES
from tests.client.crypto.peer import Peer
from tests.client.crypto.people import reading
from tests.vectors.make_client_crypto import load
from tests.vectors.make_refusals import refusals

VECTORS = load("refusals")
PAGE = Path(__file__).parents[3] / "docs" / "topics" / "encryption.md"
CALLS = ["open", "judge_key", "advance", "follow"]


@pytest.fixture(scope="module")
def peer() -> Peer:
    """With the machine of the reader of the vectors."""
    return reading(VECTORS["reader"])


def test_the_file_is_what_its_generator_makes() -> None:
    assert refusals() == VECTORS


def test_the_page_lists_every_code() -> None:
    assert re.findall(r"^\| `(\w+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE) == list(SENTENCES)


@pytest.mark.parametrize(
    ("call", "case"),
    [(call, case) for call in CALLS for case in VECTORS[call]["cases"]],
    ids=lambda value: value if isinstance(value, str) else value["case"],
)
def test_of_what_a_server_shows_only_the_true_is_taken(call: str, case: dict[str, Any], peer: Peer) -> None:
    arguments = {**VECTORS[call]["arguments"], **case["arguments"]}
    answer = peer.answer({"do": call, "who": "reader", **arguments})
    if case["code"] is None:
        assert "ok" in answer, answer
    else:
        assert answer == {"refused": case["code"], "sentence": SENTENCES[case["code"]]}
