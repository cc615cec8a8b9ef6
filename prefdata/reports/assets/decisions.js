// What the reader decides of the pairs shown: kept by the browser for this report, and saved as a
// sheet that `prefdata ... --decisions FILE` reads.
const DECISIONS = ["keep", "flip", "unsure", "drop"]; // the keys 1 to 4
const LONGEST_NOTE = 2000;
const store = "prefdata.decisions." + REPORT.fingerprint;
const decided = bare(storedDecisions()); // fingerprint of a row: {decision, note}
const undone = []; // [fingerprint, what was decided before]
let isStored = true; // whether the browser keeps what is decided

function storedDecisions() {
  try {
    const known = JSON.parse(localStorage.getItem(store)) || {};
    return Object.fromEntries(Object.entries(known).filter(([, each]) => isObject(each) && DECISIONS.includes(each.decision) && typeof each.note === "string"));
  } catch {
    return {}; // no storage, or something else stands there: nothing was decided
  }
}

function keepDecisions() {
  try {
    localStorage.setItem(store, JSON.stringify(decided));
    isStored = true;
  } catch {
    isStored = false; // the reader is told: see decisionStatus
  }
}

// Decides; the same decision again takes it back.
function decide({ fingerprint }, decision) {
  const before = decided[fingerprint];
  undone.push([fingerprint, before]);
  const isSame = before && before.decision === decision;
  setDecision(fingerprint, isSame ? undefined : { decision, note: before ? before.note : "" });
  return !isSame;
}

function undoDecision() {
  if (undone.length) setDecision(...undone.pop());
}

function setDecision(fingerprint, value) {
  if (value) decided[fingerprint] = value;
  else delete decided[fingerprint];
  keepDecisions();
  showDecisions();
}

const decidedSuspects = () => REPORT.labels.suspects.filter(({ fingerprint }) => decided[fingerprint]);

// The buttons of a card, and a note beside a decision.
function decisionTool(suspect) {
  const { fingerprint } = suspect;
  return element("div", { class: "decide control", role: "group", "aria-label": say("decide"), "data-row": fingerprint },
    DECISIONS.map((decision, index) => element("button", { type: "button", "data-decide": decision, "aria-pressed": "false", "aria-keyshortcuts": String(index + 1), on: { click: () => decide(suspect, decision) } },
      element("kbd", { "aria-hidden": "true" }, String(index + 1)), " ", say("decide." + decision))),
    element("label", { class: "decide-note", hidden: true }, span("tool-name", say("decide.note")), element("input", { type: "text", maxlength: LONGEST_NOTE, autocomplete: "off", on: { input: (event) => {
      decided[fingerprint].note = event.target.value;
      keepDecisions();
    } } })));
}

// Above the cards: how many are decided, undo, the file, and the keys.
function decisionBar() {
  return element("div", { class: "decision-bar control" },
    element("p", { class: "decision-count", role: "status", "data-decided": true }),
    element("button", { type: "button", "data-undo": true, on: { click: undoDecision } }, say("decide.undo")),
    element("button", { type: "button", class: "is-main", "data-export": true, on: { click: exportDecisions } }, say("decide.export")),
    element("p", { class: "keys" }, sentence("decide.keys", Object.fromEntries(["1", "4", "j", "k", "u"].map((key) => ["key_" + key, element("kbd", {}, key)])))));
}

function decisionStatus() {
  const count = say("decide.count", { n: FORMATS.count(decidedSuspects().length), of: FORMATS.count(REPORT.labels.suspects.length) });
  return isStored ? count : count + say("decide.not_stored");
}

// Brings what is on the page in line with what is decided.
function showDecisions() {
  for (const tool of document.querySelectorAll("[data-row]")) {
    const now = decided[tool.dataset.row];
    tool.closest(".card").classList.toggle("is-decided", Boolean(now));
    for (const button of tool.querySelectorAll("[data-decide]")) button.setAttribute("aria-pressed", String(Boolean(now) && now.decision === button.dataset.decide));
    const note = tool.querySelector(".decide-note");
    note.hidden = !now;
    if (note.firstChild.nextSibling !== document.activeElement) note.querySelector("input").value = now ? now.note : "";
  }
  for (const status of document.querySelectorAll("[data-decided]")) status.textContent = decisionStatus();
  for (const button of document.querySelectorAll("[data-undo]")) button.disabled = !undone.length;
  for (const button of document.querySelectorAll("[data-export]")) button.disabled = !decidedSuspects().length;
}

// A cell that no spreadsheet takes for a formula, as the review sheets write it.
function sheetCell(text) {
  const clean = text.replace(/\r\n?/g, "\n").replace(/[\u0000-\u0008\u000b-\u001f]/g, (mark) => String.fromCharCode(0x2400 + mark.charCodeAt(0))).replace(/\t/g, "    ");
  const inner = clean.replace(/(^[ "'\u00a0\u3000]+|[\n,;|][ "'\u00a0\u3000]*)(?=[=+\-@\uff0b\uff0d\uff1d\uff20])/g, "$1\u200b");
  return /^[=+\-@\uff0b\uff0d\uff1d\uff20\t\r\n']/.test(inner) ? "'" + inner : inner;
}

function decisionSheet() {
  const rows = decidedSuspects().map(({ fingerprint, place }) => [decided[fingerprint].decision, decided[fingerprint].note, fingerprint, place.source, String(place.source_row)]);
  const lines = [["decision", "note", "fingerprint", "source", "source_row"], ...rows];
  return "\ufeff" + lines.map((cells) => cells.map((cell) => `"${sheetCell(cell).replace(/"/g, '""')}"`).join(",") + "\r\n").join("");
}

function exportDecisions() {
  const address = URL.createObjectURL(new Blob([decisionSheet()], { type: "text/csv" }));
  const link = element("a", { href: address, download: "decisions.csv" });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

// Keys: j and k move from card to card, 1 to 4 decide the card that has the focus, u takes back.
const cards = () => [...document.querySelectorAll("#suspects [data-suspect]")];
const cardNow = () => (document.activeElement ? document.activeElement.closest("[data-suspect]") : null);

function focusCard(card) {
  if (!card) return;
  card.focus({ preventScroll: true });
  card.scrollIntoView({ block: "start" });
}

function moveCard(by) {
  const all = cards();
  const now = all.indexOf(cardNow());
  if (now < 0) return focusCard(all.find((card) => card.getBoundingClientRect().bottom > innerHeight / 4) || all[0]);
  if (all[now + by]) return focusCard(all[now + by]);
  const turn = document.querySelector(`#suspects [data-page="page.${by > 0 ? "after" : "before"}"]`);
  if (!turn || turn.disabled) return undefined;
  turn.click();
  const turned = cards();
  return focusCard(by > 0 ? turned[0] : turned[turned.length - 1]);
}

const isTyping = (target) => target instanceof Element && target.closest("input, select, textarea, [contenteditable]");

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || isTyping(event.target) || !cards().length) return;
  const card = cardNow();
  const decision = /^[1-4]$/.test(event.key) && DECISIONS[event.key - 1];
  if (event.key === "j" || event.key === "k") moveCard(event.key === "j" ? 1 : -1);
  else if (event.key === "u") undoDecision();
  else if (decision && card) {
    if (decide(REPORT.labels.suspects[card.dataset.suspect], decision)) moveCard(1);
  } else return;
  event.preventDefault();
});
