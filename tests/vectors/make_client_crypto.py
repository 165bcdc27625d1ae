"""Makes the vectors of the client's cryptography: fixed keys and nonces, fixed bytes; `README.md` has the fields.

Run: python -m tests.vectors.make_client_crypto

Spelled out on the primitives themselves, and not on `hubbub.client.crypto`, which is held to them.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from argon2.low_level import Type, hash_secret_raw
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from hubbub.wire import signing
from hubbub.wire.signing import b64u, b64u_decode, fields
from tests.sealing import Document, Identity, head_after, pad
from tests.vectors.make_server_signing import CONVERSATION, DEVICE, EPHEMERAL, alice, bob, seal_base

FOLDER = Path(__file__).parent
WORDS = (FOLDER.parents[1] / "src/hubbub/client/crypto/english.txt").read_text(encoding="ascii").split()
OTHER_CONVERSATION = "0198c0de-0000-7000-8000-0000000000c1"
SENT_AT = "2026-01-02T03:04:05.678Z"
ACTIONS = (
    ("alice", "create", "alice"),
    ("alice", "add", "bob"),
    ("bob", "approve", "carl"),
    ("alice", "add", "carl"),
    ("carl", "remove", "bob"),
    ("alice", "add", "bob"),
    ("carl", "leave", "carl"),
)
KDF: dict[str, Any] = {"salt": b64u(bytes(range(16))), "m": 65536, "t": 3, "p": 4}


def carl() -> Identity:
    return Identity("0198c0de-0000-7000-8000-00000000000c", seed=b"carl")


PEOPLE = {"alice": alice(), "bob": bob(), "carl": carl()}


def fixed(*label: str | int, length: int = 32) -> bytes:
    """Bytes that look random and are the same on every run."""
    return hashlib.sha256(fields("vector", *label)).digest()[:length]


def hkdf(key: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(key)


def box(key: bytes, plaintext: bytes, aad: bytes, *label: str | int) -> Document:
    """`plaintext` under AES-256-GCM with a nonce that only a vector may have: a fixed one."""
    iv = fixed("nonce", *label, length=12)
    return {"v": 1, "enc": "A256GCM", "iv": b64u(iv), "ct": b64u(AESGCM(key).encrypt(iv, plaintext, aad))}


def compact(document: Any) -> str:
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


# --- passwords, slots, words ------------------------------------------------------------------------------------------


def kdf() -> Document:
    passwords = ("VerySecurePassword1!", "Grüße 👋 cafe\u0301", "  spaces are kept  ")
    weak: list[Document] = [
        {"m": 65535},
        {"t": 2},
        {"p": 0},
        {"salt": b64u(bytes(15))},
        {"m": 1048577},
        {"t": 17},
        {"p": 17},
    ]
    mistyped: list[Document] = [{"m": "65536"}, {"t": 3.5}, {"salt": "AA=="}, {"salt": None}]
    refused = [None, "none", {}, {"m": 65536, "t": 3, "p": 4}, *({**KDF, **changed} for changed in weak + mistyped)]
    return {"cases": [_derived(password) for password in passwords], "refused": refused}


def _derived(password: str) -> Document:
    text = unicodedata.normalize("NFC", password).encode()
    raw = hash_secret_raw(text, b64u_decode(KDF["salt"]), KDF["t"], KDF["m"], KDF["p"], 64, Type.ID)
    return {"password": password, "kdf": KDF, "secret": b64u(raw[:32]), "password_key": b64u(raw[32:])}


def slots() -> Document:
    user, account_key = PEOPLE["alice"].user, fixed("account key")
    code, prf = fixed("recovery code"), fixed("prf output")
    keys = {
        "password": fixed("password key"),
        "recovery": hkdf(code, fields("hubbub/recovery")),
        "device": fixed("device key"),
        "passkey:0198c0de-0000-7000-8000-0000000000f1": hkdf(prf, fields("hubbub/passkey")),
    }
    return {
        "user": user,
        "account_key": b64u(account_key),
        "recovery_code": b64u(code),
        "recovery_words": words_of(code),
        "prf_output": b64u(prf),
        "slots": {
            name: {
                "key": b64u(key),
                "aad": b64u(fields(user, name)),
                "slot": box(key, account_key, fields(user, name), "slot", name),
            }
            for name, key in keys.items()
        },
    }


def words_of(code: bytes) -> list[str]:
    """BIP-39: 256 bits and the first 8 of their SHA-256, eleven a word."""
    bits = f"{int.from_bytes(code + hashlib.sha256(code).digest()[:1]):0264b}"
    return [WORDS[int(bits[at : at + 11], 2)] for at in range(0, 264, 11)]


def words() -> Document:
    codes = [bytes(32), b"\x7f" * 32, b"\x80" * 32, b"\xff" * 32, fixed("words", 1), fixed("words", 2)]
    good = words_of(fixed("words", 1))
    swapped = [good[1], good[0], *good[2:]]
    typed = [f"  {good[0].upper()}", good[1].title(), *good[2:23], f"{good[23]} "]
    refused = [[], good[:23], [*good, good[0]], swapped, ["hubbub", *good[1:]], ["abandon"] * 24, [*good[:23], ""]]
    return {
        "cases": [{"code": b64u(code), "words": words_of(code)} for code in codes],
        "typed": [{"words": typed, "code": b64u(fixed("words", 1))}],
        "refused": refused,
    }


# --- keys -------------------------------------------------------------------------------------------------------------


def keys() -> Document:
    return {name: _person(name, who) for name, who in PEOPLE.items()}


def _person(name: str, who: Identity) -> Document:
    account_key = who._bytes("account")
    wrapping = hkdf(account_key, fields("hubbub/ik"))
    seed = box(wrapping, who._bytes("identity"), fields("hubbub/ik"), name, "seed")
    password_key = fixed("password key of", name)
    slot = box(password_key, account_key, fields(who.user, "password"), name, "password")
    return {
        "user": who.user,
        "password_key": b64u(password_key),
        "slots": {"password": slot},
        "account_key": b64u(account_key),
        "identity_seed": b64u(who._bytes("identity")),
        "identity": {**who.identity_key(), "wrapped_seed": compact(seed)},
        "identity_wrapping_key": b64u(wrapping),
        "keys": [_key(who, account_key, conversation, gen) for conversation, gen in ((None, 1), (CONVERSATION, 1))],
    }


def _key(who: Identity, account_key: bytes, conversation: str | None, gen: int) -> Document:
    public = who.public_key(conversation, gen)
    secret = who.secret(conversation, gen).private_bytes_raw()
    info = fields("hubbub/ck", conversation, public["kid"])
    wrapped = box(hkdf(account_key, info), secret, info, "key", who.user, conversation or "", gen)
    return {
        "conversation": conversation,
        "gen": gen,
        "secret": b64u(secret),
        "signed": b64u(signing.key_bytes(conversation, who.user, gen, b64u_decode(public["x"]))),
        "public_key": public,
        "wrapping_key": b64u(hkdf(account_key, info)),
        "private_key": {name: ({**wrapped, "kid": public["kid"]})[name] for name in ("v", "enc", "kid", "iv", "ct")},
    }


def identity() -> Document:
    """Histories, and what a client that believed `known` believes after it: `judged`, or `refused` by code."""
    first, second, third = (Identity(PEOPLE["bob"].user, seed=seed) for seed in (b"bob", b"bob 2", b"bob 3"))
    one = first.identity_key()
    vouched = second.identity_key(seq=2, previous=first)
    unvouched = second.identity_key(seq=2, previous=first, vouched=False)
    three = third.identity_key(seq=3, previous=second)
    new = _known(first)
    proven = {**new, "verified": True}
    moved = {**_known(second, first), "changed": {"from": first.ik, "vouched": True}, "accepted": False}
    lost = {**moved, "changed": {"from": first.ik, "vouched": False}}
    accepted = {**moved, "changed": None, "accepted": True}
    twice = {**_known(third, first, second), "changed": {"from": first.ik, "vouched": False}, "accepted": False}
    judged = [
        ("first use", None, [one], new),
        ("first use of a user who changed before", None, [one, vouched, three], _known(third, first, second)),
        ("unchanged", proven, [one], proven),
        ("changed, the key before vouches", new, [one, vouched], moved),
        ("changed, nobody vouches", new, [one, unvouched], lost),
        ("changed after a verification", proven, [one, vouched], {**moved, "verified": True}),
        ("the change was accepted", accepted, [one, vouched], accepted),
        ("changed twice since the last look", new, [one, unvouched, three], twice),
        ("changed again before the first change was accepted", lost, [one, unvouched, three], twice),
    ]
    forged = {**vouched, "signature": b64u(bytes(64))}
    refused = [
        ("no entry at all", None, []),
        ("the history became empty", new, []),
        ("the history became shorter", moved, [one]),
        ("the known key was replaced", new, [Identity(first.user, seed=b"another").identity_key()]),
        ("it is another user's", None, [PEOPLE["alice"].identity_key()]),
        ("it does not begin at 1", None, [vouched]),
        ("the new key did not sign itself", new, [one, forged]),
        ("a voucher that does not verify", new, [one, {**vouched, "previous_signature": b64u(bytes(64))}]),
        ("the first has a voucher", None, [{**one, "previous_signature": one["signature"]}]),
        ("the same key again", new, [one, first.identity_key(seq=2, previous=first)]),
        ("not base64url", None, [{**one, "ik": one["ik"] + "="}]),
    ]
    return {
        "user": first.user,
        "judged": [
            {"case": case, "known": known, "history": history, "judged": after}
            for case, known, history, after in judged
        ],
        "refused": [{"case": case, "known": known, "history": history} for case, known, history in refused],
    }


def _known(now: Identity, *earlier: Identity) -> Document:
    return {
        "user": now.user,
        "ik": now.ik,
        "seq": len(earlier) + 1,
        "earlier": [one.ik for one in earlier],
        "verified": False,
        "changed": None,
        "accepted": True,
    }


# --- membership chain -------------------------------------------------------------------------------------------------


def chain() -> Document:
    """A conversation's life, link by link, and the state of a client that followed it."""
    steps = list(_steps())
    return {
        "conversation": CONVERSATION,
        "people": {name: {"user": who.user, "ik": who.ik} for name, who in PEOPLE.items()},
        "steps": steps,
        "state": {
            "conversation": CONVERSATION,
            "head": steps[-1]["head"],
            "length": len(steps),
            "approvals": 1,
            "members": {PEOPLE[name].user: {"ik": PEOPLE[name].ik, "gen": 1} for name in ("alice", "bob")},
            "consents": {},
            "heads": [step["head"] for step in steps],
            "terms": {
                PEOPLE["alice"].user: [_term("alice", 0, None)],
                PEOPLE["bob"].user: [_term("bob", 1, 4), _term("bob", 5, None)],
                PEOPLE["carl"].user: [_term("carl", 3, 6)],
            },
        },
    }


def _term(name: str, since: int, until: int | None) -> Document:
    return {"ik": PEOPLE[name].ik, "from": since, "to": until}


def _steps() -> Iterator[Document]:
    previous, members, consents = None, dict[str, Document](), dict[str, Document]()
    for actor, action, subject in ACTIONS:
        who = PEOPLE[subject]
        link = PEOPLE[actor].link(CONVERSATION, previous, action, who)
        signed = signing.link_bytes(
            CONVERSATION, b64u_decode(previous) if previous else None, action, who.user, who.ik_raw, 1
        )
        head = head_after(CONVERSATION, previous, link)
        if action == "approve":
            consents[who.user] = {PEOPLE[actor].user: who.ik}
        else:
            consents.pop(who.user, None)
        if action in {"create", "add"}:
            members[who.user] = {"ik": who.ik, "gen": 1}
        elif action in {"remove", "leave"}:
            del members[who.user]
        proven = {"members": dict(members), "consents": dict(consents)}
        yield {"previous": previous, "link": link, "signed": b64u(signed), "head": head, **proven}
        previous = head


# --- messages ---------------------------------------------------------------------------------------------------------


def padding() -> Document:
    lengths = [0, 1, 2, 126, 127, 128, 255, 256, 1000, 2047, 2048, 4095, 4096, 4097, 8191, 8192, 32767]
    return {
        "cases": [
            {"length": length, "padded_length": len(padded), "sha256": b64u(hashlib.sha256(padded).digest())}
            for length in lengths
            for padded in [pad(b"\x80" * length)]
        ],
        "refused": [
            b64u(bytes(128)),
            b64u(b"{}\x81".ljust(128, b"\0")),
            b64u(b"{}\x80".ljust(127, b"\0")),
            b64u(b"{}\x80".ljust(129, b"\0")),
            b64u(b"{}\x80\0\1".ljust(128, b"\0")),
            b64u(b""),
        ],
    }


BODIES: dict[str, Document] = {
    "text": {"text": "Hello Bob"},
    "empty": {"text": ""},
    "reply": {"text": 'Grüße 👋 "quoted" \\ \u2028 \u007f\t\n', "reply_to": "0198c0de-0000-7000-8000-0000000000e0"},
    "reaction": {"react": {"to": "0198c0de-0000-7000-8000-0000000000e0", "emoji": "👍🏽", "on": True}},
    "reaction taken back": {"react": {"to": "0198c0de-0000-7000-8000-0000000000e0", "emoji": "❤️", "on": False}},
    "two steps of padding": {"text": "ü" * 4000},
}


def messages() -> Document:
    return {
        "ephemeral": {
            "private": b64u(EPHEMERAL),
            "public": b64u(X25519PrivateKey.from_private_bytes(EPHEMERAL).public_key().public_bytes_raw()),
        },
        "cases": [_message(number, name, body) for number, (name, body) in enumerate(BODIES.items())],
    }


def _message(number: int, name: str, body: Document) -> Document:
    author, recipients = PEOPLE["alice"], {who.user: who for who in (PEOPLE["alice"], PEOPLE["bob"])}
    key, state = fixed("content key", number), chain()["state"]
    stated: dict[str, Any] = {
        "conversation": CONVERSATION,
        "message": f"0198c0de-0000-7000-8000-0000000001{number:02x}",
        "rev": number % 2,
        "device": DEVICE,
        "index": 2**53 - 1 if number == 1 else number + 1,
        "position": number,
    }
    jwks = {user: who.public_key(CONVERSATION) for user, who in recipients.items()}
    made = author.seal(
        body,
        **stated,
        members=state["head"],
        recipients=jwks,
        sent_at=SENT_AT,
        content_key=key,
        seal_copy=seal_base,
    )
    _, header, ciphertext, signature = made.sealed.split(".")
    raw = b64u_decode(header)
    return {
        "case": name,
        "stated": {**stated, "from": author.user, "members": state["head"], "sent_at": SENT_AT},
        "body": body,
        "recipients": jwks,
        "content_key": b64u(key),
        "body_json": compact(body),
        "header_json": raw.decode(),
        "signed": b64u(signing.message_bytes(raw, b64u_decode(ciphertext))),
        "signature": signature,
        "copy_info": {user: b64u(signing.copy_info(raw, user, jwk["kid"])) for user, jwk in jwks.items()},
        "sealed": made.sealed,
        "encrypted_messages": made.encrypted_messages,
    }


# --- notes of who asks to be let in -----------------------------------------------------------------------------------


def notes() -> Document:
    """Bob asks to be let into a group of Alice's: her key for it is the group's."""
    owner, author = PEOPLE["alice"], PEOPLE["bob"]
    key = owner.public_key(CONVERSATION)
    texts = ("It is me, Bob", 'Grüße 👋 "quoted"\n', "ü" * 500)
    return {
        "conversation": CONVERSATION,
        "owner": owner.user,
        "author": author.user,
        "key": key,
        "cases": [_note(text, author, key) for text in texts],
    }


def _note(text: str, author: Identity, key: Document) -> Document:
    signed = fields("hubbub-note/1", CONVERSATION, author.user, key["kid"], text)
    info = fields("hubbub-note-box/1", CONVERSATION, author.user, key["kid"])
    inside = compact({"text": text, "ik": author.ik, "sig": b64u(author.sign(signed))})
    box = seal_base(pad(inside.encode()), b64u_decode(key["x"]), info)
    return {
        "text": text,
        "signed": b64u(signed),
        "info": b64u(info),
        "inside_json": inside,
        "note": b64u(b64u_decode(key["kid"]) + box),
    }


# --- safety numbers ---------------------------------------------------------------------------------------------------


def safety_numbers() -> list[Document]:
    pairs = (("alice", "bob"), ("bob", "alice"), ("alice", "carl"))
    return [_safety(PEOPLE[me], PEOPLE[them]) for me, them in pairs]


def _safety(me: Identity, them: Identity) -> Document:
    number = "".join(sorted(_thirty_digits(who) for who in (me, them)))
    return {"me": {"user": me.user, "ik": me.ik}, "them": {"user": them.user, "ik": them.ik}, "number": number}


def _thirty_digits(who: Identity) -> str:
    digest = fields("hubbub-safety/1", who.user, who.ik_raw)
    for _ in range(5200):
        digest = hashlib.sha512(digest + who.ik_raw).digest()
    return "".join(f"{int.from_bytes(digest[at : at + 5]) % 100_000:05d}" for at in range(0, 30, 5))


FILES = {
    "kdf": kdf,
    "slots": slots,
    "words": words,
    "keys": keys,
    "identity": identity,
    "chain": chain,
    "padding": padding,
    "messages": messages,
    "notes": notes,
    "safety": safety_numbers,
}


def load(name: str) -> Any:
    """The vectors of one file, as they were committed."""
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


if __name__ == "__main__":
    for name, make in FILES.items():
        text = json.dumps(make(), indent=1, ensure_ascii=False) + "\n"
        (FOLDER / f"{name}.json").write_text(text, encoding="utf-8")
