"""The vault: what it seals opens with the same key, for the same row, unaltered; never otherwise."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.storage.vault import Vault, WrongVaultKey

ROW = "conversation-key:c1:ada:1"


@pytest.fixture(scope="module")
def vault() -> Vault:
    return Vault(os.urandom(32))


@given(text=st.text(max_size=300), context=st.text(max_size=50))
def test_what_is_sealed_opens_for_its_row_and_does_not_show(vault: Vault, text: str, context: str) -> None:
    sealed = vault.seal(text, context)
    assert vault.open(sealed, context) == text
    assert len(text) < 8 or text not in sealed


@pytest.mark.parametrize("row", ["conversation-key:c1:ada:2", "conversation-key:c1:bob:1", "identity:ada:1", ""])
def test_what_was_moved_to_another_row_does_not_open(vault: Vault, row: str) -> None:
    with pytest.raises(WrongVaultKey):
        vault.open(vault.seal("secret", ROW), row)


def test_another_key_opens_nothing(vault: Vault) -> None:
    with pytest.raises(WrongVaultKey):
        Vault(os.urandom(32)).open(vault.seal("secret", ROW), ROW)


def test_what_was_altered_in_any_character_does_not_open(vault: Vault) -> None:
    sealed = vault.seal("secret", ROW)
    for place, letter in enumerate(sealed):
        altered = sealed[:place] + ("A" if letter != "A" else "B") + sealed[place + 1 :]
        with pytest.raises(WrongVaultKey):
            vault.open(altered, ROW)


def test_the_same_text_is_sealed_otherwise_each_time(vault: Vault) -> None:
    assert vault.seal("secret", ROW) != vault.seal("secret", ROW)


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_key_has_32_bytes(length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Vault(bytes(length))
