"""Reports: what users ask the admins of the server to look at, and what these decide; and the audit log."""

from __future__ import annotations

from sqlalchemy import Connection

from hubbub.actions.announcing import may_see
from hubbub.actions.documents import require_reader
from hubbub.actions.starting import require_users
from hubbub.auth.actor import Actor
from hubbub.auth.page_tokens import PageTokens
from hubbub.storage import audit, messages, reports, users
from hubbub.storage.audit import Deed, Noted
from hubbub.storage.engine import Reader
from hubbub.storage.reports import Report
from hubbub.storage.users import Place
from hubbub.storage.writer import Transaction, Writer
from hubbub.wire.errors import BadInput, Conflict, Forbidden, NotFound, TooMany
from hubbub.wire.ids import new_id, require_id, rfc3339
from hubbub.wire.resources import AuditPage, AuditRow, NewReport, ReportPage, ReportRow

MOST_OPEN = 50  # of one user


class Reports:
    """Takes reports from anyone, shows them to admins, and keeps what was done about them."""

    def __init__(self, *, reader: Reader, writer: Writer, page_tokens: PageTokens) -> None:
        self._reader = reader
        self._writer = writer
        self._page_tokens = page_tokens

    async def report(self, actor: Actor, asked: NewReport) -> ReportRow:
        """Report a message, a conversation or a user. Raises `NotFound`, `NotMember`, `BadInput`, `TooMany`."""
        report = _read(actor.user_id, asked)
        return _report_row(await self._writer.write(_apply, report, users=[actor.user_id]))

    async def page(self, actor: Actor, is_open: bool | None, page_token: str | None, size: int) -> ReportPage:
        """For admins: the queue, oldest first. Raises `Forbidden`, `InvalidPageToken`."""
        listing = f"reports?open={is_open}"
        after = self._page_tokens.read(listing, actor.user_id, page_token, Place) if page_token else None
        found, place = await self._reader.run(_page, actor.user_id, is_open, after, size)
        following = self._page_tokens.make(listing, actor.user_id, place) if place else None
        return ReportPage(items=[_report_row(one) for one in found], page_token=following)

    async def resolve(self, actor: Actor, report_id: str, resolution: str) -> ReportRow:
        """For admins: say what was done. Raises `Forbidden`, `NotFound`, `Conflict` when another did so before."""
        return _report_row(await self._writer.write(_resolve, actor.user_id, report_id, resolution.strip()))

    async def audit(self, actor: Actor, page_token: str | None, size: int) -> AuditPage:
        """For admins: what moderators and admins did, latest first. Raises `Forbidden`, `InvalidPageToken`."""
        before = self._page_tokens.read("audit", actor.user_id, page_token, Place) if page_token else None
        found, place = await self._reader.run(_audit, actor.user_id, before, size)
        following = self._page_tokens.make("audit", actor.user_id, place) if place else None
        return AuditPage(items=[_audit_row(one) for one in found], page_token=following)


def _read(reporter: str, asked: NewReport) -> Report:
    conversation, message, user = (
        require_id(value, name) if value is not None else None
        for value, name in (
            (asked.conversation_id, "conversation_id"),
            (asked.message_group_id, "message_group_id"),
            (asked.user_id, "user_id"),
        )
    )
    if conversation is None and user is None:
        raise BadInput("A report is about a conversation_id or a user_id.")
    if message is not None and conversation is None:
        raise BadInput("message_group_id comes with its conversation_id.")
    reason = asked.reason.strip()
    if not reason:
        raise BadInput("reason says what is wrong.")
    return Report(new_id(), reporter, conversation, message, user, reason, asked.excerpt, None, None, None, 0)


# --- with the database --------------------------------------------------------------------------------------------


def _apply(transaction: Transaction, report: Report) -> Report:
    connection = transaction.connection
    if reports.count_open(connection, report.reporter_id) >= MOST_OPEN:
        raise TooMany(f"{MOST_OPEN} reports of yours are waiting.")
    if report.user_id is not None:
        require_users(connection, [report.user_id])
    seen = _seen(connection, report, transaction.now)._replace(inserted_at=transaction.now)
    reports.add(connection, seen)
    return seen


def _seen(connection: Connection, report: Report, now: int) -> Report:
    """The report with what the server knows better: whose message it is and, where it can read it, what it says."""
    if report.conversation_id is None:
        return report
    conversation, spans = require_reader(connection, report.reporter_id, report.conversation_id)
    if report.message_id is None:
        return report
    where = (conversation.id, report.message_id, report.reporter_id)
    seen = messages.see(connection, *where, encrypted=conversation.encrypted, now=now)
    if seen is None or seen.message.deleted or not may_see(conversation, spans, seen):
        raise NotFound("There is no such message in this conversation.")
    excerpt = report.excerpt if conversation.encrypted else seen.message.content
    return report._replace(user_id=seen.message.owner_id, excerpt=excerpt)


def _resolve(transaction: Transaction, admin: str, report_id: str, resolution: str) -> Report:
    connection = transaction.connection
    _require_admin(connection, admin)
    report = reports.load(connection, report_id)
    if report is None:
        raise NotFound("There is no such report.")
    if report.resolved_at is not None:
        if (report.resolved_by, report.resolution) == (admin, resolution):
            return report
        raise Conflict("It was resolved before.", current=_report_row(report))
    resolved = report._replace(resolution=resolution, resolved_by=admin, resolved_at=transaction.now)
    reports.resolve(connection, resolved)
    about = (report.conversation_id, report.user_id, report.message_id)
    audit.note(transaction, Deed(admin, "resolve", *about, resolution))
    return resolved


def _page(
    connection: Connection, admin: str, is_open: bool | None, after: Place | None, size: int
) -> tuple[list[Report], Place | None]:
    _require_admin(connection, admin)
    return reports.page(connection, is_open, after, size)


def _audit(connection: Connection, admin: str, before: Place | None, size: int) -> tuple[list[Noted], Place | None]:
    _require_admin(connection, admin)
    return audit.page(connection, before, size)


def _require_admin(connection: Connection, user: str) -> None:
    if not users.is_admin(connection, user):
        raise Forbidden("Only admins of this server may do this.")


# --- as they are shown --------------------------------------------------------------------------------------------


def _report_row(report: Report) -> ReportRow:
    return ReportRow(
        id=report.id,
        reporter_id=report.reporter_id,
        conversation_id=report.conversation_id,
        message_group_id=report.message_id,
        user_id=report.user_id,
        reason=report.reason,
        excerpt=report.excerpt,
        resolution=report.resolution,
        resolved_by=report.resolved_by,
        resolved_at=rfc3339(report.resolved_at) if report.resolved_at is not None else None,
        inserted_at=rfc3339(report.inserted_at),
    )


def _audit_row(noted: Noted) -> AuditRow:
    return AuditRow(
        id=noted.id,
        actor_id=noted.actor_id,
        action=noted.action,
        conversation_id=noted.conversation_id,
        user_id=noted.user_id,
        message_group_id=noted.message_id,
        detail=noted.detail,
        inserted_at=rfc3339(noted.inserted_at),
    )
