"""/api/profile/picture and /pictures: what is taken for a picture, what becomes of it, who has it."""

from __future__ import annotations

import asyncio
import hashlib
import os
import struct
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from hubbub.domain.pictures import LARGEST_AREA, LARGEST_FILE
from hubbub.storage.pictures import PictureStore
from tests.http.test_signing_in import is_problem
from tests.http.world import Person, World
from tests.people import SYSTEM, People, start_private
from tests.server import Cluster

RED, GREEN, BLUE = (220, 20, 20), (20, 160, 20), (20, 20, 220)
WEBP = b"RIFF\x10\x00\x00\x00WEBPVP8 nonsense"


def file_of(image: Image.Image, kind: str, **more: Any) -> bytes:
    written = BytesIO()
    image.save(written, kind, **more)
    return written.getvalue()


def plain(colour: tuple[int, int, int] = RED, size: tuple[int, int] = (300, 300)) -> bytes:
    return file_of(Image.new("RGB", size, colour), "PNG")


def halves() -> Image.Image:
    """Red above, blue below, wider than high; what is left and right of the middle square is green."""
    image = Image.new("RGB", (800, 400), GREEN)
    image.paste(RED, (200, 0, 600, 200))
    image.paste(BLUE, (200, 200, 600, 400))
    return image


async def put(person: Person, file: bytes, kind: str = "application/octet-stream") -> httpx.Response:
    headers = {**person.headers, "Content-Type": kind}
    return await person._client.put("/api/profile/picture", content=file, headers=headers)


async def taken(person: Person, file: bytes) -> str:
    answer = await put(person, file)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["picture"])


async def remove(person: Person) -> httpx.Response:
    return await person._client.delete("/api/profile/picture", headers=person.headers)


async def shown(world: World, name: str, size: int = 256) -> Image.Image:
    answer = await world.client.get(f"/pictures/{name}/{size}.webp")
    assert answer.status_code == 200, answer.text
    return Image.open(BytesIO(answer.content))


def files_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def close_to(seen: Any, colour: tuple[int, int, int]) -> bool:
    return all(abs(a - b) < 40 for a, b in zip(seen, colour, strict=False))


# --- taking one ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
async def test_the_middle_of_a_picture_becomes_a_square_of_both_sizes(world: World, ada: Person, kind: str) -> None:
    name = await taken(ada, file_of(halves(), kind))
    for size in (64, 256):
        image = await shown(world, name, size)
        assert (image.format, image.size) == ("WEBP", (size, size))
        pixels = image.convert("RGB")
        for x in (1, size - 2):
            assert close_to(pixels.getpixel((x, 2)), RED)
            assert close_to(pixels.getpixel((x, size - 3)), BLUE)


async def test_the_name_is_the_hash_of_the_large_one(world: World, ada: Person) -> None:
    name = await taken(ada, plain())
    content = (await world.client.get(f"/pictures/{name}/256.webp")).content
    assert name == hashlib.sha256(content).hexdigest()
    place = f"{name[:2]}/{name}"
    assert files_in(world.pictures) == [f"{place}/256.webp", f"{place}/64.webp"]


async def test_a_picture_lies_as_its_camera_was_held_and_says_nothing_of_it(world: World, ada: Person) -> None:
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    exif[0x010F] = "Camera of Ada"
    file = file_of(halves().rotate(180), "JPEG", exif=exif, icc_profile=b"a profile of colours", comment=b"At home")
    assert b"Camera of Ada" in file
    name = await taken(ada, file)
    pixels = (await shown(world, name)).convert("RGB")
    assert close_to(pixels.getpixel((128, 2)), RED)
    assert close_to(pixels.getpixel((128, 253)), BLUE)
    for size in (64, 256):
        content = (await world.client.get(f"/pictures/{name}/{size}.webp")).content
        for told in (b"EXIF", b"ICCP", b"XMP ", b"Camera", b"colours", b"At home"):
            assert told not in content


async def test_what_is_seen_through_stays_so(world: World, ada: Person) -> None:
    image = Image.new("RGBA", (256, 256), (*RED, 0))
    image.paste((*BLUE, 255), (0, 0, 128, 256))
    pixels = await shown(world, await taken(ada, file_of(image, "PNG")))
    assert pixels.mode == "RGBA"
    left, right = pixels.getpixel((40, 128)), pixels.getpixel((220, 128))
    assert isinstance(left, tuple)
    assert isinstance(right, tuple)
    assert (left[3], right[3]) == (255, 0)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "I;16", "CMYK"])
async def test_every_kind_of_colour_is_taken(ada: Person, mode: str) -> None:
    image = Image.new("L", (90, 80), 120).convert(mode) if mode != "I;16" else Image.new(mode, (90, 80), 9000)
    await taken(ada, file_of(image, "JPEG" if mode == "CMYK" else "PNG"))


async def test_of_a_moving_picture_the_first_is_taken(world: World, ada: Person) -> None:
    first, second = Image.new("RGB", (70, 70), RED), Image.new("RGB", (70, 70), BLUE)
    file = file_of(first, "WEBP", save_all=True, append_images=[second], duration=100)
    image = await shown(world, await taken(ada, file))
    assert getattr(image, "n_frames", 1) == 1
    assert close_to(image.convert("RGB").getpixel((100, 100)), RED)


# --- what is none ---------------------------------------------------------------------------------------------------


def png_that_says(width: int, height: int) -> bytes:
    """A few bytes that would be so large."""
    data = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", data), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b"")]
    packed = [struct.pack(">I", len(d)) + n + d + struct.pack(">I", zlib.crc32(n + d)) for n, d in chunks]
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


@pytest.mark.parametrize(
    ("file", "status", "code"),
    [
        (b"", 415, "unsupported_picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 415, "unsupported_picture"),
        (file_of(Image.new("P", (10, 10)), "GIF"), 415, "unsupported_picture"),
        (file_of(Image.new("RGB", (10, 10)), "BMP"), 415, "unsupported_picture"),
        (plain()[:60], 415, "unsupported_picture"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 100, 415, "unsupported_picture"),
        (b"\xff\xd8\xff\xe0 and so on", 415, "unsupported_picture"),
        (WEBP, 415, "unsupported_picture"),
        (b"RIFF\x24\0\0\0WAVEfmt ", 415, "unsupported_picture"),
        (png_that_says(0, 10), 415, "unsupported_picture"),
        (png_that_says(3600, 3500), 413, "too_large"),
        (png_that_says(60_000, 60_000), 413, "too_large"),
        (plain() + b"\0" * LARGEST_FILE, 413, "too_large"),
    ],
)
async def test_what_is_no_picture_or_too_large_is_refused(
    world: World, ada: Person, file: bytes, status: int, code: str
) -> None:
    assert LARGEST_AREA < 3600 * 3500
    before = await taken(ada, plain())
    told = len(world.pushed_to(ada))
    assert is_problem(await put(ada, file, "image/png"), status, code)
    assert (await world.login(ada.email)).answer["user"]["picture"] == before
    assert len(world.pushed_to(ada)) == told
    assert len(files_in(world.pictures)) == 2


async def test_the_largest_file_is_taken(ada: Person) -> None:
    file = file_of(Image.frombytes("RGB", (900, 600), os.urandom(900 * 600 * 3)), "PNG")
    assert LARGEST_FILE / 2 < len(file) <= LARGEST_FILE
    await taken(ada, file + b"\0" * (LARGEST_FILE - len(file)))


# --- who has one ----------------------------------------------------------------------------------------------------


async def test_contacts_and_oneself_are_shown_the_picture(world: World, ada: Person, bob: Person) -> None:
    await world.gather(ada, bob)
    name = await taken(ada, plain())
    assert world.shown_to(ada) == world.shown_to(bob)
    ((event, payload),) = world.shown_to(bob)
    assert (event, payload["user"]["id"], payload["user"]["picture"]) == ("update_profile", ada.id, name)
    ((_, settings),) = world.pushed_to(ada)
    assert settings["changes"][0]["data"]["picture"] == name
    assert (await bob.get(f"/api/users/{ada.id}")).json()["picture"] == name
    assert (await world.login(ada.email)).answer["user"]["picture"] == name


async def test_a_picture_that_was_replaced_or_removed_is_gone(world: World, ada: Person) -> None:
    first = await taken(ada, plain(RED))
    second = await taken(ada, plain(BLUE))
    assert is_problem(await world.client.get(f"/pictures/{first}/64.webp"), 404, "not_found")
    assert [path.split("/")[1] for path in files_in(world.pictures)] == [second, second]
    for _ in range(2):
        answer = await remove(ada)
        assert (answer.status_code, answer.content) == (204, b"")
        assert files_in(world.pictures) == []
    assert (await world.login(ada.email)).answer["user"]["picture"] is None


async def test_a_picture_stays_while_somebody_has_it(world: World, ada: Person, bob: Person) -> None:
    name = await taken(ada, plain())
    assert await taken(bob, plain()) == name
    assert await taken(ada, plain()) == name
    await remove(ada)
    await shown(world, name)
    await remove(bob)
    assert files_in(world.pictures) == []


@pytest.mark.parametrize("moment", ["remove", "write"])
async def test_a_picture_outlives_who_gives_it_up_while_another_takes_it(
    world: World, ada: Person, bob: Person, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """The other's whole request comes between one's look at who has the picture, and what one does about it."""
    name = await taken(ada, plain())
    loop, original = asyncio.get_running_loop(), getattr(PictureStore, moment)

    def interrupted(store: PictureStore, *arguments: Any) -> Any:
        monkeypatch.setattr(PictureStore, moment, original)
        if moment == "remove":  # Ada found nobody else who has it
            asyncio.run_coroutine_threadsafe(taken(bob, plain()), loop).result(10)
            return original(store, *arguments)
        original(store, *arguments)  # Bob found the files there
        return asyncio.run_coroutine_threadsafe(remove(ada), loop).result(10)

    monkeypatch.setattr(PictureStore, moment, interrupted)
    await (remove(ada) if moment == "remove" else taken(bob, plain()))
    assert (await world.login(bob.email)).answer["user"]["picture"] == name
    for size in (64, 256):
        await shown(world, name, size)


async def test_a_picture_that_could_not_be_kept_is_not_named(
    world: World, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where its folder should be there is a file."""
    world.pictures.write_text("in the way")
    assert is_problem(await put(ada, plain()), 503, "unavailable")
    assert (await world.login(ada.email)).answer["user"]["picture"] is None
    assert world.pushed_to(ada) == []


# --- showing it -----------------------------------------------------------------------------------------------------


async def test_a_picture_is_kept_for_ever_by_who_saw_it_and_can_do_nothing(world: World, ada: Person) -> None:
    answer = await world.client.get(f"/pictures/{await taken(ada, plain())}/64.webp")
    assert answer.headers["content-type"] == "image/webp"
    (kept,) = answer.headers.get_list("cache-control")
    assert set(kept.split(", ")) == {"public", "immutable", "max-age=31536000"}
    assert answer.headers["content-security-policy"] == "default-src 'none'"
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_there_are_no_other_files(world: World, ada: Person) -> None:
    name = await taken(ada, plain())
    (world.pictures / "256.webp").write_text("secret")
    for path in (
        f"{name}/65.webp",
        f"{name}/256.png",
        f"{name}/064.webp",
        f"{name.upper()}/256.webp",
        f"{'0' * 64}/256.webp",
        f"{name[:-1]}/256.webp",
        "../256.webp",
        "..%2F256.webp",
        "%2E%2E/256.webp",
        f"{name}/..%2F..%2F256.webp",
        f"{name}%00/256.webp",
        "é/256.webp",
    ):
        answer = await world.client.get(f"/pictures/{path}")
        assert is_problem(answer, 404, "not_found"), path


# --- several processes ----------------------------------------------------------------------------------------------


@pytest.mark.postgres
@pytest.mark.redis
async def test_processes_that_share_the_folder_show_the_same(tmp_path: Path, postgres_url: str, redis_url: str) -> None:
    shared = {"HUBBUB_DATA": str(tmp_path / "shared")}
    with Cluster(tmp_path, database_url=postgres_url, redis_url=redis_url, environment=shared) as cluster:
        async with People(cluster.first) as people, People(cluster.second) as elsewhere:
            ada, bob = await people.sign_up("Ada", "Bob")
            his = await bob.arrive(to=cluster.second)
            await start_private(await ada.arrive(), bob)
            await his.wait_for(bob.topic, "new_conversation")
            headers = {"Authorization": f"Bearer {ada.token}"}
            answer = await people.http.put("/api/profile/picture", content=plain(), headers=headers)
            name = answer.json()["picture"]
            pushed = await his.wait_for(SYSTEM, "update_profile")
            assert (pushed["user"]["id"], pushed["user"]["picture"]) == (ada.id, name)
            path = f"/pictures/{name}/256.webp"
            assert hashlib.sha256((await elsewhere.http.get(path)).content).hexdigest() == name
            assert (await elsewhere.http.delete("/api/profile/picture", headers=headers)).status_code == 204
            assert (await people.http.get(path)).status_code == 404
