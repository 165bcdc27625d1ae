"""/api/reports and /api/admin: what users report, what admins decide, and what was done by whom."""

from __future__ import annotations

from typing import Annotated

from litestar import Router, get, post
from litestar.params import JSONBody, Parameter, QueryParameter

from hubbub.actions.reports import Reports
from hubbub.http.bearer import takes
from hubbub.http.documentation import SIGNED_IN, WITH_BODY, errors
from hubbub.http.reading_routes import DEFAULT_PAGE, LARGEST_PAGE, PageSize, PageToken, clamped
from hubbub.http.requests import HubbubRequest
from hubbub.wire.ids import require_id
from hubbub.wire.resources import AuditPage, NewReport, ReportPage, ReportRow, Resolution

ReportId = Annotated[str, Parameter(description="The UUID of the report.", schema_extra={"format": "uuid"})]
Open = Annotated[
    bool | None, QueryParameter(name="open", description="Those that wait, or those that do not; absent: all.")
]


def report_routes(reports: Reports) -> Router:
    @post(
        "/reports",
        opt=takes("write"),
        responses=errors(*SIGNED_IN, *WITH_BODY, 404, 409),
        summary="Ask the admins to look at a message, a conversation or a user",
        description="Of a plaintext message the server keeps the text as it is now; of an encrypted one `excerpt`.",
    )
    async def report(request: HubbubRequest, data: JSONBody[NewReport]) -> ReportRow:
        return await reports.report(request.user, data)

    @get("/admin/reports", responses=errors(*SIGNED_IN, 403), summary="For admins: what was reported, oldest first")
    async def report_page(
        request: HubbubRequest, is_open: Open = None, page_token: PageToken = None, page_size: PageSize = DEFAULT_PAGE
    ) -> ReportPage:
        return await reports.page(request.user, is_open, page_token or None, clamped(page_size, LARGEST_PAGE))

    @post(
        "/admin/reports/{report_id:str}/resolution",
        status_code=200,
        responses=errors(*SIGNED_IN, *WITH_BODY, 403, 404, 409),
        summary="For admins: say what was done about a report",
    )
    async def resolve(request: HubbubRequest, report_id: ReportId, data: JSONBody[Resolution]) -> ReportRow:
        return await reports.resolve(request.user, require_id(report_id, "report_id"), data.resolution)

    @get("/admin/audit", responses=errors(*SIGNED_IN, 403), summary="For admins: who did what, latest first")
    async def audit_page(
        request: HubbubRequest, page_token: PageToken = None, page_size: PageSize = DEFAULT_PAGE
    ) -> AuditPage:
        return await reports.audit(request.user, page_token or None, clamped(page_size, LARGEST_PAGE))

    return Router("/", route_handlers=[report, report_page, resolve, audit_page], tags=["reports"])
