"""Makes `refusals.json`: what a hostile server may show, and the code by which it is refused.

Run: python -m tests.vectors.make_refusals
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hubbub.wire import signing
from hubbub.wire.signing import b64u, b64u_decode
from tests.sealing import Document, Identity, head_after, pad
from tests.vectors.make_client_crypto import (
    FOLDER,
    OTHER_CONVERSATION,
    PEOPLE,
    SENT_AT,
    compact,
    fixed,
    load,
)
from tests.vectors.make_server_signing import CONVERSATION, DEVICE, seal_base

ALICE, BOB, CARL = PEOPLE["alice"], PEOPLE["bob"], PEOPLE["carl"]
DORA = Identity("0198c0de-0000-7000-8000-00000000000d", seed=b"dora")
ANOTHER_ALICE = Identity(ALICE.user, seed=b"another alice")
MESSAGE = "0198c0de-0000-7000-8000-000000000200"
OTHER_MESSAGE = "0198c0de-0000-7000-8000-000000000201"
CHAIN = load("chain")
STATE = CHAIN["state"]
LINKS = [step["link"] for step in CHAIN["steps"]]
SMALL_ORDER = bytes(32)
Case = tuple[str, str | None, Document]


def known(who: Identity, *earlier: Identity) -> Document:
    return {
        "user": who.user,
        "ik": who.ik,
        "seq": 1 + len(earlier),
        "earlier": [one.ik for one in earlier],
        "verified": False,
        "changed": None,
        "accepted": True,
    }


EVERYBODY = {who.user: known(who) for who in (ALICE, BOB, CARL)}


# --- messages ---------------------------------------------------------------------------------------------------------


def message(author: Identity = ALICE, body: Any = "Hello Bob", **changes: Any) -> Document:
    """The arguments of an `open` by bob that succeeds, unless `changes` say otherwise."""
    stated: Document = {"conversation": CONVERSATION, "message": MESSAGE, "rev": 1, "device": DEVICE}
    stated |= {"index": 3, "position": 0}
    stated |= {name: changes.pop(name) for name in list(changes) if name in stated}
    to = changes.pop("to", BOB)
    made = author.seal(
        body,
        **stated,
        members=changes.pop("members", STATE["head"]),
        recipients={BOB.user: to.public_key(CONVERSATION)},
        sent_at=SENT_AT,
        content_key=fixed("content key", "refusals"),
        seal_copy=seal_base,
    )
    assert not changes, changes
    return {
        **stated,
        "from": author.user,
        "sealed": made.sealed,
        "copy": made.encrypted_messages[BOB.user],
        "author": known(author),
        "chain": STATE,
        "held": None,
    }


def opens() -> Iterator[Case]:
    """Name, code (None: it opens), arguments."""
    good = message()
    head_of_carl = CHAIN["steps"][4]["head"]
    yield "it opens", None, good
    yield "it was here before", None, {**good, "held": {"rev": 1, "sealed": good["sealed"]}}
    yield "an edit of what was here", None, {**good, "held": {"rev": 0, "sealed": "e1.a.b.c"}}
    yield "by one who was a member then", None, message(CARL, members=head_of_carl)
    yield "signed with a key that was the author's", None, {**good, "author": known(ANOTHER_ALICE, ALICE)}
    yield from _unsigned(good)
    yield from _misplaced(good)
    yield from _strangers(good, head_of_carl)
    yield from _wrong_copies(good)
    yield from _malformed()


def _unsigned(good: Document) -> Iterator[Case]:
    prefix, header, ciphertext, signature = good["sealed"].split(".")

    def sealed(*parts: str) -> Document:
        return {**good, "sealed": ".".join(parts)}

    raw, opaque = b64u_decode(header), b64u_decode(ciphertext)
    yield "nothing sealed", "not_sealed", {**good, "sealed": None}
    yield "plain text", "not_sealed", {**good, "sealed": "Hello Bob"}
    yield "an unknown form", "not_sealed", sealed("e2", header, ciphertext, signature)
    yield "the signature left out", "signature_missing", sealed(prefix, header, ciphertext)
    yield "the signature empty", "signature_missing", sealed(prefix, header, ciphertext, "")
    yield "the signature short", "altered", sealed(prefix, header, ciphertext, signature[:-4])
    yield "a part too many", "altered", sealed(prefix, header, ciphertext, signature, signature)
    yield "not base64url", "altered", sealed(prefix, header, ciphertext + "=", signature)
    zero = b64u(bytes(64))
    yield "a signature of nobody", "signature_wrong", sealed(prefix, header, ciphertext, zero)
    by_bob = b64u(BOB.sign(signing.message_bytes(raw, opaque)))
    yield "signed by another", "signature_wrong", sealed(prefix, header, ciphertext, by_bob)
    moved = b64u(raw.replace(b'"index":3', b'"index":4'))
    yield "the header changed", "signature_wrong", {**sealed(prefix, moved, ciphertext, signature), "index": 4}
    flipped = b64u(opaque[:-1] + bytes([opaque[-1] ^ 1]))
    yield "the ciphertext changed", "signature_wrong", sealed(prefix, header, flipped, signature)
    _, other_header, other_ciphertext, _ = message(body="Hello Eve")["sealed"].split(".")
    yield "the text of another", "signature_wrong", sealed(prefix, header, other_ciphertext, signature)
    yield "the header of another", "signature_wrong", sealed(prefix, other_header, other_ciphertext, signature)


def _misplaced(good: Document) -> Iterator[Case]:
    yield "as another message", "replayed", {**good, "message": OTHER_MESSAGE}
    yield "in another conversation", "replayed", {**good, "conversation": OTHER_CONVERSATION}
    yield "as a newer revision", "replayed", {**good, "rev": 2}
    yield "as an older revision", "replayed", {**good, "rev": 0}
    yield "older than what is here", "replayed", {**good, "held": {"rev": 2, "sealed": "e1.a.b.c"}}
    yield "another text under the same revision", "replayed", {**good, "held": {"rev": 1, "sealed": "e1.a.b.c"}}
    yield "with another index", "header_mismatch", {**good, "index": 2}
    yield "with another position", "header_mismatch", {**good, "position": 1}
    yield "from another device", "header_mismatch", {**good, "device": MESSAGE}
    yield "from another author", "header_mismatch", {**good, "from": BOB.user, "author": known(BOB)}
    yield "judged by another author", "header_mismatch", {**good, "author": known(BOB)}
    unknown = b64u(fixed("no head"))
    yield "sealed for members that never were", "header_mismatch", message(members=unknown)


def _strangers(good: Document, head_of_carl: str) -> Iterator[Case]:
    yield "by one who is no longer a member", "ghost_member", message(CARL)
    yield "by one who was not yet a member", "ghost_member", message(BOB, members=CHAIN["steps"][0]["head"])
    yield "by one who never was a member", "ghost_member", message(DORA, members=head_of_carl)
    yield (
        "signed with a key that is not the author's",
        "signature_wrong",
        {
            **message(ANOTHER_ALICE),
            "author": known(ALICE),
        },
    )
    yield "signed with a key that no member has", "ghost_member", message(ANOTHER_ALICE)


def _wrong_copies(good: Document) -> Iterator[Case]:
    kid, _, box = good["copy"].partition(".")
    yield "no copy", "copy_missing", {**good, "copy": None}
    yield "an empty copy", "copy_missing", {**good, "copy": ""}
    yield "a copy for another", "key_missing", {**good, "copy": message(to=ALICE)["copy"]}
    yield (
        "a copy for another under one's own name",
        "altered",
        {
            **good,
            "copy": f"{kid}.{message(to=ALICE)['copy'].partition('.')[2]}",
        },
    )
    yield "the copy of another message", "altered", {**good, "copy": message(message=OTHER_MESSAGE)["copy"]}
    yield "the copy changed", "altered", {**good, "copy": f"{kid}.{box[:-2]}AA"}
    yield "the copy cut off", "altered", {**good, "copy": f"{kid}.{box[:-4]}"}
    yield "a copy that is none", "altered", {**good, "copy": "Hello Bob"}
    raw = b64u_decode(good["sealed"].split(".")[1])
    info = signing.copy_info(raw, BOB.user, kid)
    other = seal_base(fixed("another content key"), b64u_decode(BOB.public_key(CONVERSATION)["x"]), info)
    yield "a copy of another content key", "altered", {**good, "copy": f"{kid}.{b64u(other)}"}


def _malformed() -> Iterator[Case]:
    """Signed by a member whose program errs, or who means harm."""
    yield "no JSON", "altered", signed_by_alice(padded=pad(b"Hello Bob"))
    yield "a list", "altered", signed_by_alice(padded=pad(b"[]"))
    yield "no text", "altered", signed_by_alice(padded=pad(b"{}"))
    yield "a text that is a number", "altered", signed_by_alice(padded=pad(b'{"text":1}'))
    yield "a reply to a number", "altered", signed_by_alice(padded=pad(b'{"text":"a","reply_to":1}'))
    yield "a reaction to nothing", "altered", signed_by_alice(padded=pad(b'{"react":{"emoji":"x","on":true}}'))
    yield (
        "a reaction that is neither",
        "altered",
        signed_by_alice(padded=pad(b'{"react":{"to":"a","emoji":"x","on":1}}')),
    )
    yield "half a character", "altered", signed_by_alice(padded=pad(rb'{"text":"\ud800"}'))
    yield "not UTF-8", "altered", signed_by_alice(padded=pad(b'{"text":"\xff"}'))
    yield "nothing but zeros", "altered", signed_by_alice(padded=bytes(128))
    yield "padded to another length", "altered", signed_by_alice(padded=b'{"text":"a"}\x80'.ljust(144, b"\0"))
    yield "names from the future", None, signed_by_alice(padded=pad(b'{"text":"a","colour":"red"}'))
    header = compact(_header())
    yield "a header with a name twice", "altered", signed_by_alice(header=header.replace('"rev"', '"rev":1,"rev"'))
    yield "a header with a name from the future", "altered", signed_by_alice(header=header[:-1] + ',"x":1}')
    yield "a header without a name", "altered", signed_by_alice(header=header.replace('"rev":1,', ""))
    yield "a header of another version", "altered", signed_by_alice(header=header.replace('"v":1', '"v":2'))
    yield "a header with a fraction", "altered", signed_by_alice(header=header.replace('"rev":1', '"rev":1.5'))
    yield "a header with half a time", "altered", signed_by_alice(header=header.replace(".678Z", "Z"))
    yield "a header that is a list", "altered", signed_by_alice(header="[]")
    yield "a header with spaces", None, signed_by_alice(header=header.replace(",", ", "))


def _header() -> Document:
    raw: Document = json.loads(b64u_decode(message()["sealed"].split(".")[1]))
    return raw


def signed_by_alice(*, padded: bytes = b"", header: str = "") -> Document:
    """A message with these very bytes inside, or this very header, and all else as it should be."""
    key = fixed("content key", "refusals")
    raw = header.encode() or compact(_header()).encode()
    ciphertext = AESGCM(key).encrypt(bytes(12), padded or pad(b'{"text":"a"}'), raw)
    jwk = BOB.public_key(CONVERSATION)
    box = seal_base(key, b64u_decode(jwk["x"]), signing.copy_info(raw, BOB.user, jwk["kid"]))
    return {**message(), "sealed": ALICE.assemble(raw, ciphertext), "copy": f"{jwk['kid']}.{b64u(box)}"}


# --- keys -------------------------------------------------------------------------------------------------------------


def keys() -> Iterator[Case]:
    """Of `judge_key`; None: it may be sealed to."""
    jwk, own = ALICE.public_key(CONVERSATION), ALICE.public_key()
    good: Document = {
        "known": known(ALICE),
        "chain": STATE,
        "conversation": CONVERSATION,
        "user": ALICE.user,
        "jwk": jwk,
        "seen": None,
    }
    newer = ALICE.public_key(CONVERSATION, 2)
    yield "her key", None, good
    yield "her own key", None, {**good, "conversation": None, "jwk": own}
    yield "her key, and no chain yet", None, {**good, "chain": None}
    yield "the key that was here before", None, {**good, "seen": {"gen": 1, "kid": jwk["kid"]}}
    yield "a newer key", None, {**good, "jwk": newer, "seen": {"gen": 1, "kid": jwk["kid"]}}
    yield "not signed", "key_unsigned", {**good, "jwk": {name: jwk[name] for name in jwk if name != "sig"}}
    yield "a key of seed 003", "key_unsigned", {**good, "jwk": {"kty": "EC", "crv": "P-256", "x": "a", "y": "b"}}
    swapped = ANOTHER_ALICE.public_key(CONVERSATION)
    yield "signed under another identity", "key_swapped", {**good, "jwk": swapped}
    yield "another key under her signature", "key_swapped", {**good, "jwk": {**jwk, "x": swapped["x"]}}
    renamed = {**jwk, "x": swapped["x"], "kid": swapped["kid"]}
    yield "another key with its name under her signature", "key_swapped", {**good, "jwk": renamed}
    yield "under another name", "key_swapped", {**good, "jwk": {**jwk, "kid": swapped["kid"]}}
    yield "another generation under her signature", "key_swapped", {**good, "jwk": {**jwk, "gen": 2}}
    yield "the key of another", "key_swapped", {**good, "jwk": BOB.public_key(CONVERSATION)}
    yield "her key for another conversation", "key_swapped", {**good, "jwk": ALICE.public_key(OTHER_CONVERSATION)}
    yield "her own key as that of the conversation", "key_swapped", {**good, "jwk": own}
    yield "what is believed of another", "key_swapped", {**good, "known": known(BOB)}
    yield "an odd signature", "key_swapped", {**good, "jwk": {**jwk, "sig": "a"}}
    yield "a signature that is a number", "key_swapped", {**good, "jwk": {**jwk, "sig": 1}}
    yield "a point of small order", "key_swapped", {**good, "jwk": _small_order()}
    yield (
        "not a member",
        "ghost_member",
        {
            **good,
            "known": known(DORA),
            "user": DORA.user,
            "jwk": DORA.public_key(CONVERSATION),
        },
    )
    yield (
        "no longer a member",
        "ghost_member",
        {
            **good,
            "known": known(CARL),
            "user": CARL.user,
            "jwk": CARL.public_key(CONVERSATION),
        },
    )
    yield "older than the chain names", "older_gen", {**good, "jwk": ALICE.public_key(CONVERSATION, 0)}
    yield "older than the last", "older_gen", {**good, "seen": {"gen": 2, "kid": newer["kid"]}}
    yield "two keys of one generation", "key_swapped", {**good, "seen": {"gen": 1, "kid": newer["kid"]}}
    yield (
        "a new identity that no member has added",
        "identity_changed",
        {
            **good,
            "known": known(ANOTHER_ALICE, ALICE),
            "jwk": swapped,
        },
    )


def _small_order() -> Document:
    x = b64u(SMALL_ORDER)
    sig = b64u(ALICE.sign(signing.key_bytes(CONVERSATION, ALICE.user, 1, SMALL_ORDER)))
    return {**ALICE.public_key(CONVERSATION), "x": x, "kid": signing.thumbprint(x), "sig": sig}


# --- membership chain -------------------------------------------------------------------------------------------------


def new_chain(**changes: Any) -> Document:
    return {
        "conversation": CONVERSATION,
        "head": None,
        "length": 0,
        "approvals": 1,
        "members": {},
        "consents": {},
        "heads": [],
        "terms": {},
        **changes,
    }


def chains() -> Iterator[Case]:
    """Of `advance`; None: it is believed."""
    new, head = new_chain(), STATE["head"]

    def of(links: list[Document], chain: Document = new, **changed: Any) -> Document:
        return {"chain": chain, "links": links, "known": {**EVERYBODY, **changed}}

    def said(who: Identity, action: str, user: Identity, gen: int = 1, **options: Any) -> Document:
        return of([who.link(CONVERSATION, head, action, user, gen, **options)], STATE)

    yield "all of it", None, of(LINKS)
    yield "the next link", None, said(BOB, "add", CARL)
    yield "an earlier identity", None, of(LINKS, **{CARL.user: known(Identity(CARL.user, seed=b"carl 2"), CARL)})
    forged = {**LINKS[1], "signature": b64u(bytes(64))}
    yield "a forged link", "chain_invalid", of([LINKS[0], forged])
    yield "links in another order", "chain_invalid", of([LINKS[0], LINKS[2], LINKS[1]])
    yield "a link left out", "chain_invalid", of([LINKS[0], LINKS[2]])
    yield "a link twice", "chain_invalid", of([*LINKS[:2], LINKS[1]])
    yield "no beginning", "chain_invalid", of(LINKS[1:])
    yield "two beginnings", "chain_invalid", said(ALICE, "create", ALICE)
    yield "another conversation's", "chain_invalid", of(LINKS, new_chain(conversation=OTHER_CONVERSATION))
    yield "another action than was signed", "chain_invalid", of([LINKS[0], {**LINKS[1], "action": "approve"}])
    yield "another actor than signed", "chain_invalid", of([*LINKS[:2], {**LINKS[2], "actor": ALICE.user}])
    yield "by one who is no member", "chain_invalid", said(CARL, "add", CARL)
    yield "by another identity of a member", "chain_invalid", said(ANOTHER_ALICE, "add", CARL)
    yield "a removal that names another generation", "chain_invalid", said(ALICE, "remove", BOB, 2)
    yield "a member again", "chain_invalid", said(ALICE, "add", BOB)
    yield "an unknown newcomer", "ghost_member", said(ALICE, "add", DORA)
    yield "an unknown founder", "ghost_member", of(DORA.found(CONVERSATION, [BOB]))
    yield "a newcomer under another identity", "key_swapped", said(ALICE, "add", CARL, ik=DORA.ik)
    yield "a founder under another identity", "key_swapped", of(ANOTHER_ALICE.found(CONVERSATION, [BOB]))
    yield from _approved(of)


def _approved(of: Callable[..., Document]) -> Iterator[Case]:
    """Groups whose newcomers need more than one member's approval, as their first link says."""

    def then(approvals: int, *said: tuple[Identity, str]) -> Document:
        links = ALICE.found(CONVERSATION, [BOB, DORA], approvals)
        for who, action in said:
            links.append(who.link(CONVERSATION, head_after(CONVERSATION, None, *links), action, CARL))
        return of(links, **{DORA.user: known(DORA)})

    for approvals in (2, 0):
        yield f"founded, though newcomers need {approvals}", None, then(approvals)
    yield "a newcomer with both approvals", None, then(2, (BOB, "approve"), (DORA, "add"))
    yield "a newcomer with one approval of two", "chain_invalid", then(2, (BOB, "add"))
    yield "a newcomer who was approved twice by one", "chain_invalid", then(2, (BOB, "approve"), (BOB, "add"))
    yield "a newcomer approved by all", None, then(0, (BOB, "approve"), (ALICE, "approve"), (DORA, "add"))
    yield "a newcomer approved by all but one", "chain_invalid", then(0, (BOB, "approve"), (DORA, "add"))
    first, *rest = ALICE.found(CONVERSATION, [BOB, DORA], 2)
    without = {name: value for name, value in first.items() if name != "approvals"}
    yield "fewer approvals than were signed", "chain_invalid", of([without, *rest], **{DORA.user: known(DORA)})
    yield "more approvals than were signed", "chain_invalid", of([{**LINKS[0], "approvals": 2}])
    yield "approvals in another link", "chain_invalid", of([LINKS[0], {**LINKS[1], "approvals": 2}])


def followed() -> Iterator[Case]:
    """Of `follow`; None: it is believed."""

    def of(links: list[Document], chain: Document) -> Document:
        return {"chain": chain, "whole": links, "known": EVERYBODY}

    yield "from the beginning", None, of(LINKS, new_chain())
    yield "some more", None, of(LINKS, _after(2))
    yield "nothing new", None, of(LINKS, STATE)
    yield "cut off", "chain_forked", of(LINKS[:-1], STATE)
    yield "nothing at all", "chain_forked", of([], STATE)
    other = BOB.link(CONVERSATION, CHAIN["steps"][1]["head"], "leave", BOB)
    yield "another end", "chain_forked", of([*LINKS[:2], other], _after(3))
    yield (
        "another end that is longer",
        "chain_forked",
        of(ALICE.links(CONVERSATION, None, [("create", ALICE), ("add", CARL), ("add", BOB)]), _after(2)),
    )
    yield "what is no link", "chain_forked", of([{**LINKS[0], "user_ik": "a"}, *LINKS[1:]], _after(2))


def _after(count: int) -> Document:
    """The state after so many links (up to three, in which nobody leaves)."""
    steps = CHAIN["steps"][:count]
    entered = [step["link"]["user"] for step in steps if step["link"]["action"] in {"create", "add"}]
    iks = {who.user: who.ik for who in PEOPLE.values()}
    return new_chain(
        head=steps[-1]["head"],
        length=count,
        members=steps[-1]["members"],
        consents=steps[-1]["consents"],
        heads=[step["head"] for step in steps],
        terms={user: [{"ik": iks[user], "from": number, "to": None}] for number, user in enumerate(entered)},
    )


def refusals() -> Document:
    calls = {"open": opens, "judge_key": keys, "advance": chains, "follow": followed}
    return {"reader": "bob", **{call: _told(list(made())) for call, made in calls.items()}}


def _told(cases: list[Case]) -> Document:
    """Each case with those of its arguments alone that are not the first one's."""
    usual = cases[0][2]
    return {
        "arguments": usual,
        "cases": [
            {
                "case": case,
                "code": code,
                "arguments": {name: value for name, value in arguments.items() if value != usual[name]},
            }
            for case, code, arguments in cases
        ],
    }


if __name__ == "__main__":
    text = json.dumps(refusals(), indent=1, ensure_ascii=False) + "\n"
    (FOLDER / "refusals.json").write_text(text, encoding="utf-8")
