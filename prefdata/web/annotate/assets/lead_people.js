// Each annotator beside the rest. Names stay behind p1, p2 until they are asked for.
import { ask } from "./ask.js";
import { cell, duration, moment } from "./lead_figures.js";

// A share with its interval as a strip, and in numbers; a dash without any case.
function share(measured) {
  if (measured.value === null) return span("absent", "–");
  const strip = element("span", { class: "strip", "aria-hidden": "true" }, part("strip-line", { left: percent(measured.low), width: percent(measured.high - measured.low) }), part("strip-dot", { left: percent(measured.value) }));
  return [span("number", FORMATS.ratio(measured.value)), span("interval", " ", say("of.cases", { n: FORMATS.count(measured.cases) })), measured.low !== null && strip];
}

const percent = (value) => `${(100 * Math.min(Math.max(value, 0), 1)).toFixed(1)}%`;

function part(name, styles) {
  const made = span(name);
  for (const [key, value] of Object.entries(styles)) made.style.setProperty(key, value);
  return made;
}

export function peopleSection(page) {
  const { people } = page.told;
  if (!people.length) return [paragraph(say("people.none"))];
  const titles = ["people.votes", "people.agreement", "people.gold", "people.consistency", "people.position", "people.time"];
  return [
    element("p", { class: "lead" }, say("people.lead")),
    element("label", { class: "pick" }, element("input", { type: "checkbox", checked: page.named, "data-act": "names", on: { change: (event) => page.name(event.target.checked).catch((refusal) => page.tell(refusal.message)) } }), " ", say("people.names")),
    element("div", { class: "table-box" }, element("table", { class: "stacks" }, element("caption", {}, say("lead.people")),
      element("thead", {}, element("tr", {}, element("th", { scope: "col" }, say("people.who")), titles.map((title) => element("th", { scope: "col", class: "numeric" }, say(title))), element("th", { scope: "col" }, say("people.do")))),
      element("tbody", {}, people.map((person) => row(page, person))))),
    element("details", { class: "explained" }, element("summary", {}, say("people.help")), element("dl", { class: "glossary" }, titles.slice(1).map((title) => [element("dt", {}, say(title)), element("dd", {}, say(title + ".means"))]))),
  ];
}

function row(page, person) {
  const note = person.is_revoked ? say("people.revoked") : person.is_paused ? say("people.paused") : person.last ? moment(person.last) : say("people.never");
  return element("tr", {},
    element("th", { scope: "row" }, word(person.label), span("figure-note block", note)),
    cell("people.votes", [span("number", FORMATS.count(person.votes)), span("interval", " ", say("people.today", { n: FORMATS.count(person.today) }))], true),
    cell("people.agreement", share(person.agreement), true), cell("people.gold", share(person.gold), true), cell("people.consistency", share(person.consistency), true), cell("people.position", share(person.position), true),
    cell("people.time", duration(person.seconds), true),
    cell("people.do", actions(page, person)));
}

function actions(page, person) {
  if (person.is_revoked) return "–";
  const act = (name, path) => element("button", { type: "button", class: "quiet small", "aria-label": `${say(name)}: ${legible(person.label)}`, on: { click: () => page.act(() => ask(path, { person: person.id }), "people", "progress") } }, say(name));
  const revoke = element("button", { type: "button", class: "quiet small", "aria-label": `${say("people.revoke")}: ${legible(person.label)}`, on: { click: () => confirm(say("people.revoke.sure", { label: legible(person.label) })) && page.act(() => ask("lead/revoke", { person: person.id }), "people") } }, say("people.revoke"));
  return span("row-actions", person.is_paused ? act("resume", "lead/resume") : act("pause", "lead/pause"), revoke);
}
