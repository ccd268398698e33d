// An integrator's first hour in TypeScript: a new patient's facts, the month they give, and a mistake.

import createClient from "openapi-fetch";
import type { components, paths } from "./care-month";

type Schemas = components["schemas"];
type Fact = Schemas["Fact"];

const [address, key] = process.argv.slice(2);
if (address === undefined || key === undefined) throw new Error("main.js ADDRESS KEY");

const client = createClient<paths>({ baseUrl: address, headers: { Authorization: `Bearer ${key}` } });

const patient = "typescript-1";
const month = "2026-03";
const lasting = { expected_duration: "until_death", significant_risk: true } as const;
const facts: Fact[] = [
  { kind: "enrollment", id: "ts-e1", patient, program: "ccm", practitioner: "DR_LEE", from: "2026-03-02" },
  { kind: "coverage", id: "ts-c1", patient, payer: "medicare_part_b" },
  { kind: "condition", id: "ts-d1", patient, code: "E11.9", ...lasting },
  { kind: "condition", id: "ts-d2", patient, code: "I10", ...lasting },
  { kind: "visit", id: "ts-v1", patient, code: "99214", on: "2026-02-20", practitioner: "DR_LEE" },
  { kind: "care_plan", id: "ts-p1", patient, action: "established", on: "2026-03-04", electronic: true },
  {
    kind: "consent", id: "ts-s1", patient, action: "given", program: "ccm", on: "2026-03-02", form: "verbal",
    documented: true, practitioner: "DR_LEE",
    informed: ["availability", "cost_sharing", "one_practitioner", "right_to_stop"],
  },
  {
    kind: "time_entry", id: "ts-t1", patient, program: "ccm", performer: "RN_KIM", role: "clinical_staff",
    started_at: "2026-03-12T09:00:00-04:00", ended_at: "2026-03-12T09:25:00-04:00", activity: "contact",
  },
];

// The types know the words of the domain: none of these compiles.
// @ts-expect-error there is no such role
export const unknownRole: Fact = { kind: "time_entry", id: "x", program: "ccm", performer: "A", role: "clerk" };
// @ts-expect-error a consent says for which program
export const noProgram: Fact = { kind: "consent", id: "x", action: "given" };

const recorded = await client.POST("/v1/facts", { body: { facts } });
if (recorded.error) throw new Error(`${recorded.error.title}: ${recorded.error.detail}`);
const first = recorded.data.results[0];
if (first?.position === undefined) throw new Error("nothing was recorded");

const decided = await client.GET("/v1/patients/{patient}/months/{month}/determination", {
  params: { path: { patient, month } },
});
if (decided.error) throw new Error(decided.error.detail);

const mistaken = await client.POST("/v1/time-entries", {
  body: { id: "ts-t2", patient, program: "ccm", performer: "RN_KIM", role: "clinical_staff", on: month },
});
const problem: Schemas["Problem"] | undefined = mistaken.error;

const lines: Schemas["ClaimLine"][] = decided.data.claim_lines;
console.log(
  JSON.stringify({
    stored: recorded.data.stored,
    position: first.position,
    status: decided.data.status,
    lines: lines.map(({ code, units, counted_seconds }) => ({ code, units, counted_seconds })),
    cents: lines.reduce((sum, line) => sum + (line.amount_cents ?? 0), 0),
    mistake: problem?.errors?.map((error) => error.pointer),
  }),
);
