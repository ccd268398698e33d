"""The document's own words: what the service is, how it is called, and its chapters in reading order."""

from typing import Final

VERSION: Final = "1.0.0"
TITLE: Final = "Care Month"
SUMMARY: Final = "Which Medicare care-management codes may be billed for this patient's month, and why?"
DESCRIPTION: Final = """\
Send what was done for a patient, ask for the month, and get the care-management codes that may be billed to Medicare,
with every reason, every second accounted for, and what is still missing.

**What is judged**, for service months from 2015-01 to 2027-12: chronic care management (CCM), principal care (PCM),
behavioral health integration and collaborative care (BHI, CoCM), community health integration and illness navigation (CHI,
PIN), transitional care (TCM), advanced primary care (APCM, without its behavioral add-ons), remote physiologic and
therapeutic monitoring (RPM, RTM), and what clinics bill instead (G0511, G0512). All programs of a month are chosen
together.

**Facts in.** A fact is one immutable statement, with an `id` of your own. Send it as often as you like: a second time it
is a duplicate. To change it, send another that `corrects` it; to cancel it, a `retraction`.

**Determination out.** A service month is a calendar month in the practice's time zone. The answer holds claim lines,
a verdict for every code, the findings with their sources and evidence, and the gaps with what would settle them. The
same facts give the same bytes.

**Closing.** A person closes a month by an attestation: its lines, the whole answer and the digests are frozen. What is
recorded later makes an amendment, a delta that a person accepts or declines; nothing of what was closed changes silently.

**Worklist.** During the month `/v1/months/{month}/worklist` lists the patients by what their next code is worth for the
effort: seconds to it, what it adds, what is missing, what it is too late for. `/v1/events` tells which months changed.

**The law** that decides is public, without a key: `/v1/rulebook/{month}` for programs, [/rulebook](/rulebook) to read.

**Projections** say what a panel would bring and cost under assumptions that are all named: `/v1/projections`, and as a form
[/projections](/projections).

**Who may ask.** A key or a token belongs to one practice and one source, and has scopes. Each call names the one it
needs; without it the answer is a 403 that names it too. Keys are made by whoever runs the service. A system that can
sign registers its public keys instead, and gets tokens of five minutes (`POST /oauth/token`).

**Who asked** is told by `/v1/access-log`: every call that reads or writes the practice's records leaves an entry before
its answer leaves, refusals too.

**Once, whatever the network does.** Give each write an `Idempotency-Key` of your own and send it until you have an
answer: it is carried out once, and each answer is the first one, byte for byte. Keys belong to the credential and are
kept for 7 days. Evaluations store nothing and need none.

**Errors** are problems (RFC 9457) with a stable `type`. `errors` lists everything that is wrong at once, each with a
JSON Pointer; at most 100, and how many there are. No value you sent is ever repeated, nor a name that does not read like
a field's (it is counted: number 3 of the object), and nothing of a refused request is stored. Each `type` is the address
of a page; `/problems` lists them. What is no HTTP at all is refused before it comes here: by a 400 or a 431 in
plain text, and the connection is closed.

**Limits.** A body has at most 1 MiB, a FHIR Bundle 10 MiB. A request records at most 1,000 facts; an evaluation takes
2,000, and where facts are so long that these are more than 1 MiB, the body's limit holds. A list or an object has at most
10,000 members, a string 100,000 characters, and they are nested at most 40 deep. A time entry lasts at most 24 hours, a
page has at most 1,000 facts, a month at most 200 revisions, a year lies between 1900 and 2199. Instants are in whole seconds and state their offset; a
leap second and 24:00 are none. Strings hold no control characters, numbers lie between -2^63 and 2^63-1, and no name
stands twice in an object.

**Rate.** Every answer of a call with a known key says in `RateLimit` what is left of its requests in this minute; one more is a 429
with `Retry-After`. The count is each process's own: behind several you have several times as much. All tokens of a
client are one in this. Unknown keys, tokens and assertions are counted by the address they come from.

**Methods.** Wherever there is a GET there is a HEAD, and everything answers OPTIONS with its methods in `Allow`. A path asked with a method it
does not have answers 405, and `Allow` names those it has. Every answer carries an `X-Request-ID`.

**To try it**: at [/docs](/docs) press *Authorize*, paste the key that `make run` printed, and execute the examples; they
belong to the patients of the demo practice: `demo-ada`, `demo-ben`, `demo-cai`, `demo-dia`, `demo-eli`, `demo-fay`, in
2026-03, in this month and in the one before. To read it through: [/redoc](/redoc).
"""
TAGS: Final = [
    {"name": "Facts", "description": "Record what happened. Immutable, idempotent, all or nothing."},
    {"name": "Determinations", "description": "What may be billed for a patient's month, and why."},
    {
        "name": "Months",
        "description": "What was decided, frozen by a person's word; amended and reopened, never overwritten.",
    },
    {
        "name": "Worklist",
        "description": "Whom to call before the month ends, and what changed: read off the determinations, kept current.",
    },
    {
        "name": "Runs",
        "description": "A month determined for all patients at once, followed while it goes, and taken away as a file.",
    },
    {"name": "Ledgers", "description": "Read back what was recorded, in order, as known now or then."},
    {
        "name": "Reports",
        "description": "What concerns all patients of a month together. Never part of a determination.",
    },
    {
        "name": "Projections",
        "description": "What a panel would bring and cost, each assumption named. Never part of a determination.",
    },
    {"name": "Audit", "description": "Who read and wrote the practice's records, and who was refused."},
    {"name": "Rule book", "description": "The law itself: what is in force, on whose authority, and what changed."},
    {"name": "FHIR", "description": "Facts out of FHIR R4 Bundles."},
    {
        "name": "Access",
        "description": "Tokens for clients that sign instead of keeping a key (SMART Backend Services).",
    },
    {"name": "Webhooks", "description": "What the service will tell a server of yours. Described ahead; not sent yet."},
    {"name": "Operations", "description": "For those who run the service."},
]
