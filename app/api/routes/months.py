"""Months closed, amended and reopened by a person, and their whole story."""

import datetime as dt
from typing import Any

import msgspec
from fastapi import APIRouter
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request
from starlette.responses import Response

from app.access.scopes import DETERMINATIONS_READ, MONTHS_CLOSE
from app.api.accessing import about_patients
from app.api.cursors import cursor_after, name_of
from app.api.documents.month_routes import (
    AMENDMENTS,
    BULK_CLOSE,
    CLOSE,
    DECIDE_AMENDMENT,
    FROZEN_ANSWER,
    HISTORY,
    OPEN_AMENDMENTS,
    REOPEN,
)
from app.api.idempotency import IdempotencyKey, keyed_request
from app.api.json_body import json_body
from app.api.month_reading import attested
from app.api.parameters import (
    MonthInPath,
    Patient,
    PatientCursor,
    PatientLimit,
    RevisionInPath,
    known_patient,
    month_in_address,
    only_parameters,
)
from app.api.representations import ANSWERED_AS_JSON
from app.api.security import Authorized, needs
from app.api.state import Engine
from app.api.writing import write
from app.months import paths
from app.months.amend import Deciding, decide_amendment
from app.months.attesting import Attesting, Closing
from app.months.bulk import BulkClosing, close_many
from app.months.close import close, reopen
from app.months.history import given_answer, history
from app.months.told import MonthAmendments
from app.months.waiting import open_amendments
from app.postgres.transaction import retrying

router = APIRouter(prefix="/v1", tags=["Months"], dependencies=[ANSWERED_AS_JSON])

_OF_PATIENT = "/patients/{patient}/months/{month}"
_CLOSES = [needs(MONTHS_CLOSE), only_parameters()]
_CLOSES_MANY = [needs(MONTHS_CLOSE), only_parameters("cursor", "limit")]
_READS = [needs(DETERMINATIONS_READ), only_parameters()]
_READS_MANY = [needs(DETERMINATIONS_READ), only_parameters("cursor", "limit")]


@router.post(_OF_PATIENT + "/close", dependencies=_CLOSES, **CLOSE)
async def close_month(
    request: Request, patient: Patient, month: MonthInPath, caller: Authorized, engine: Engine, key: IdempotencyKey
) -> Response:
    """Freeze what is decided of a patient's month: the lines to bill, the whole answer and its digests.

    Who closes it, on whose behalf and in which words becomes an entry of the patient's ledger, and so do the lines: as
    `service` facts of source `self`, which other months read and this one does not. A month that needs a decision is closed
    with the lines of the alternative that a person chose, named in `claim_lines`; one with nothing to bill may be closed,
    too. Facts that come later are recorded as ever and change nothing of it: they make an amendment.

    409: it is closed already, it is not over and `early` is not true, a decision is needed and not named, or the lines
    named may not be billed as things stand. Of two who close it at once one does.
    """
    known_patient(patient)
    body = await json_body(request)
    closing = attested(body.value, Closing)

    async def act(connection: AsyncConnection) -> Response:
        made = await close(connection, caller, patient, month, closing)
        return _made(made, paths.frozen_answer(patient, month, made.revision))

    with month_in_address():
        return await write(engine, caller, keyed_request(request, caller, key, body.sent), act)


@router.post(_OF_PATIENT + "/reopen", dependencies=_CLOSES, **REOPEN)
async def reopen_month(
    request: Request, patient: Patient, month: MonthInPath, caller: Authorized, engine: Engine, key: IdempotencyKey
) -> Response:
    """Open a closed month again. `words` say why, and are kept in the patient's ledger.

    Its lines are retracted, so that other months no longer read them; what was given stays in its history. It can then be
    closed again, as a new revision.
    """
    known_patient(patient)
    body = await json_body(request)
    said = attested(body.value, Attesting)

    async def act(connection: AsyncConnection) -> Response:
        return _made(await reopen(connection, caller, patient, month, said), paths.history(patient, month))

    return await write(engine, caller, keyed_request(request, caller, key, body.sent), act)


@router.get(_OF_PATIENT + "/amendments", dependencies=_READS, **AMENDMENTS)
async def read_amendments(patient: Patient, month: MonthInPath, caller: Authorized, engine: Engine) -> Response:
    """What later facts, or another law, change of a closed month: each line kept, added or void, in money, and why.

    The open one is worked out when it is asked for, from what is recorded now; those accepted or declined are as they were
    then. A line stays as it was closed for as long as it may be billed like that: more seconds for the same units, further
    diagnoses or an earlier date change nothing.
    """
    known_patient(patient)
    now = dt.datetime.now(dt.UTC)
    with month_in_address():
        told = await retrying(lambda: history(engine, caller.tenant, patient, month, now))
    return _json(MonthAmendments(patient=patient, service_month=month, amendments=told.amendments))


@router.post(_OF_PATIENT + "/amendments", dependencies=_CLOSES, **DECIDE_AMENDMENT)
async def decide_on_amendment(
    request: Request, patient: Patient, month: MonthInPath, caller: Authorized, engine: Engine, key: IdempotencyKey
) -> Response:
    """Accept or decline the amendment that is open, named as it was shown.

    Accepted, it makes a new revision: void lines are retracted from the patient's ledger, added ones and the attestation
    are recorded, and what was given before stays in the history. Declined, the month stays as it was closed, and the same
    facts do not ask again. A decision is never changed.

    409: another amendment is open by now, none is, or it was decided before.
    """
    known_patient(patient)
    body = await json_body(request)
    deciding = attested(body.value, Deciding)

    async def act(connection: AsyncConnection) -> Response:
        return _made(
            await decide_amendment(connection, caller, patient, month, deciding), paths.history(patient, month)
        )

    return await write(engine, caller, keyed_request(request, caller, key, body.sent), act)


@router.get(_OF_PATIENT + "/history", dependencies=_READS, **HISTORY)
async def read_history(patient: Patient, month: MonthInPath, caller: Authorized, engine: Engine) -> Response:
    """The whole story of a patient's month: every close, amendment and reopening, who attested it in which words, what was
    billed then, under which law and from which facts, and every amendment with what was decided of it.

    Each revision leads to the answer that was given, byte for byte. A month never closed has a history, too: an empty one.
    """
    known_patient(patient)
    now = dt.datetime.now(dt.UTC)
    with month_in_address():
        return _json(await retrying(lambda: history(engine, caller.tenant, patient, month, now)))


@router.get(_OF_PATIENT + "/history/{revision}", dependencies=_READS, **FROZEN_ANSWER)
async def read_frozen_answer(
    patient: Patient, month: MonthInPath, revision: RevisionInPath, caller: Authorized, engine: Engine
) -> Response:
    """The determination as it was given when the month was closed or amended, byte for byte, whatever the law says now.

    Its `known_as_of` is the instant up to which everything recorded was read. A reopening gave no answer: 404.
    """
    known_patient(patient)
    answer = await retrying(lambda: given_answer(engine, caller.tenant, patient, month, revision))
    return Response(answer, media_type="application/json")


@router.post("/months/{month}/close", dependencies=_CLOSES_MANY, **BULK_CLOSE)
async def close_months(
    request: Request,
    month: MonthInPath,
    caller: Authorized,
    engine: Engine,
    key: IdempotencyKey,
    cursor: PatientCursor = None,
    limit: PatientLimit = 100,
) -> Response:
    """Close a month of all patients, or of those listed, under one attestation, with a report of what was left out and why.

    Left out is what needs a decision, what is `provisional` (unless `early`), months with nothing to bill, those closed
    already, and problems: an unknown patient, or one whose ledger somebody else is writing to at that moment. A request
    looks at `limit` patients, in the order of their references, and closes what it closes together; send the same body with
    `next_cursor` until there is none. Each such request has an `Idempotency-Key` of its own.
    """
    body = await json_body(request)
    closing = attested(body.value, BulkClosing)
    bound = (caller.tenant, "close", month)
    after = name_of(cursor, *bound)

    async def act(connection: AsyncConnection) -> Response:
        page = await close_many(connection, caller, month, closing, after=after, limit=limit)
        looked_at = [each.patient for each in page.report.closed] + [each.patient for each in page.report.left_out]
        about_patients(caller, looked_at)
        follows = None if page.goes_on_after is None else cursor_after(page.goes_on_after, *bound)
        return _json(replace(page.report, next_cursor=follows))

    with month_in_address():
        return await write(engine, caller, keyed_request(request, caller, key, body.sent), act)


@router.get("/months/{month}/amendments", dependencies=_READS_MANY, **OPEN_AMENDMENTS)
async def read_open_amendments(
    month: MonthInPath,
    caller: Authorized,
    engine: Engine,
    cursor: PatientCursor = None,
    limit: PatientLimit = 100,
) -> Response:
    """Which closed months of a practice wait for a person: the open amendments of all patients, by patient.

    Each is worked out when it is asked for, from what is recorded now and the law as it is. A page looks at `limit` closed
    months; where none of them waits it is empty and may still have a `next_cursor`.
    """
    bound = (caller.tenant, "amendments", month)
    after = name_of(cursor, *bound)
    now = dt.datetime.now(dt.UTC)
    with month_in_address():
        page = await retrying(lambda: open_amendments(engine, caller.tenant, month, now, after=after, limit=limit))
    follows = None if page.goes_on_after is None else cursor_after(page.goes_on_after, *bound)
    return _json(replace(page.listed, next_cursor=follows))


def _made(told: Any, location: str) -> Response:
    return Response(msgspec.json.encode(told), 201, {"Location": location}, "application/json")


def _json(told: Any) -> Response:
    return Response(msgspec.json.encode(told), media_type="application/json")
