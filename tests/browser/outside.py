"""The server as a program sees it that is no browser, over HTTP."""

from __future__ import annotations

from typing import Any

import httpx

from hubbub.client.crypto.passwords import derive_secret, new_kdf
from tests.browser.accounts import WithAccount


async def set_password_without_slot(url: str, whose: WithAccount, password: str) -> None:
    """As an operator's reset would: the new password signs in and does not open the account key."""
    async with httpx.AsyncClient(base_url=url, trust_env=False) as http:
        before, token = await _sign_in(http, whose)
        kdf = new_kdf()
        after = derive_secret(password, kdf)
        change = {
            "password": before,
            "new_password": after.secret,
            "new_password_confirmation": after.secret,
            "kdf": {"salt": kdf.salt, "m": kdf.m, "t": kdf.t, "p": kdf.p},
        }
        changed = await http.patch("/api/password", json=change, headers={"authorization": f"Bearer {token}"})
        changed.raise_for_status()
    whose.password = password


async def in_the_name_of(url: str, whose: WithAccount, method: str, path: str, body: Any = None) -> Any:
    """What the server answers to a request of theirs."""
    async with httpx.AsyncClient(base_url=url, trust_env=False) as http:
        _, token = await _sign_in(http, whose)
        answer = await http.request(method, path, json=body, headers={"authorization": f"Bearer {token}"})
        return answer.raise_for_status().json()


async def _sign_in(http: httpx.AsyncClient, whose: WithAccount) -> tuple[str, str]:
    """What they send for a password, and a token of theirs."""
    answer = await http.post("/auth/prelogin", json={"email": whose.email})
    secret = derive_secret(whose.password, answer.raise_for_status().json()["kdf"]).secret
    signed_in = await http.post("/auth/login", json={"email": whose.email, "password": secret})
    return secret, signed_in.raise_for_status().json()["auth_token"]
