// Questions of annotators, invitations, and what comes out.
import { address, ask } from "./ask.js";
import { moment } from "./lead_figures.js";
import { linkToCopy } from "./copied_link.js";

export function questionSection(page) {
  const { questions } = page.told;
  if (!questions.length) return [paragraph(say("questions.none"))];
  return [element("ul", { class: "questions" }, questions.map((each) => element("li", { class: "card" },
    element("p", { class: "note" }, word(each.label), " · ", moment(each.at), each.item !== null && [" · ", say("earlier.item", { n: each.item })]),
    element("p", { class: "asked-text", dir: "auto" }, visible(each.text)),
    each.reply ? element("p", { class: "asked-reply", dir: "auto" }, visible(each.reply)) : replyForm(page, each))))];
}

function replyForm(page, question) {
  const area = element("textarea", { rows: "2", maxlength: "10000", dir: "auto" });
  const submit = (event) => {
    event.preventDefault();
    if (area.value.trim()) page.act(() => ask("lead/reply", { question: question.id, text: area.value.trim() }), "questions");
  };
  return element("form", { class: "reply", on: { submit } }, element("label", { class: "field" }, span("", say("questions.reply")), area), element("button", { type: "submit", class: "quiet" }, say("questions.send")));
}

let fresh = null; // the link that was made last: it is told this once

export function invitationSection(page) {
  return [
    element("p", { class: "lead" }, say("invitations.lead")),
    inviteForm(page),
    fresh && element("div", { class: "box", role: "status" }, element("p", { class: "box-title" }, say("invitations.made")), linkToCopy(fresh), paragraph(say("invitations.once"))),
    page.told.invitations.length ? invitationTable(page) : null,
  ];
}

function inviteForm(page) {
  const role = element("select", { name: "role" }, ["annotator", "lead"].map((name) => element("option", { value: name }, say("role.name." + name))));
  const name = element("input", { type: "text", maxlength: "80", autocomplete: "off", dir: "auto" });
  const uses = element("input", { type: "number", min: "1", max: "10000" });
  const days = element("input", { type: "number", min: "1", max: "3650", value: "30" });
  const submit = async (event) => {
    event.preventDefault();
    await page.act(async () => {
      fresh = (await ask("lead/invite", { role: role.value, name: name.value.trim() || null, uses: uses.value ? Number(uses.value) : null, days: days.value ? Number(days.value) : null })).link;
    }, "invitations");
    document.querySelector("#invitations .link-field")?.focus();
  };
  const field = (key, control) => element("label", { class: "field" }, span("", say(key)), control);
  return element("form", { class: "invite", on: { submit } }, field("invitations.role", role), field("invitations.name", name), field("invitations.uses", uses), field("invitations.days", days), element("button", { type: "submit", class: "primary", "data-act": "invite" }, say("invitations.make")));
}

function invitationTable(page) {
  const head = (key) => element("th", { scope: "col" }, say(key));
  const cell = (key, content) => element("td", { "data-title": say(key) }, span("cell", content));
  return element("div", { class: "table-box" }, element("table", { class: "stacks" }, element("caption", {}, say("lead.invitations")),
    element("thead", {}, element("tr", {}, head("invitations.role"), head("invitations.name"), head("invitations.uses"), head("invitations.expires"), head("people.do"))),
    element("tbody", {}, page.told.invitations.map((each) => element("tr", {},
      element("th", { scope: "row" }, say("role.name." + each.role)),
      cell("invitations.name", each.name ? word(each.name) : "–"),
      cell("invitations.uses", each.uses_left === null ? say("invitations.any") : FORMATS.count(each.uses_left)),
      cell("invitations.expires", each.expires === null ? say("invitations.never") : moment(each.expires)),
      cell("people.do", each.is_revoked ? say("invitations.revoked") : element("button", { type: "button", class: "quiet small", "aria-label": `${say("people.revoke")}: ${each.id}`, on: { click: () => page.act(() => ask("lead/revoke", { invitation: each.id }), "invitations") } }, say("people.revoke"))))))));
}

export function exportSection() {
  return [element("p", { class: "lead" }, say("export.lead")), element("p", {}, element("a", { class: "button-link", href: address("api/lead/export"), download: "votes.jsonl" }, say("export.download")))];
}
