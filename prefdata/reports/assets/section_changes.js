// What came, went or changed since an earlier build, by kind, by source and in examples; settings
// that differ.
const isSame = ({ changed, came, went }) => !(changed || came || went);

function changeSection() {
  const { changes } = REPORT;
  if (!changes) return null;
  const number = (name) => shown(["changes", name]);
  const whatWasBuilt = (end, plain, judged) => paragraph(sentence(changes[end].lines === changes[end].read ? plain : judged, build(end)));
  const build = (end) => ({ build: word(changes[end].path, "code"), read: shown(["changes", end, "read"]), lines: shown(["changes", end, "lines"]), kept: shown(["changes", end, "kept"]), fingerprint: word(changes[end].fingerprint, "code") });
  return section("changes", "certain", lead(isSame(changes) ? "changes.lead_same" : "changes.lead", { same: number("same"), changed: number("changed"), came: number("came"), went: number("went") }),
    whatWasBuilt("before", "changes.before", "changes.before_judged"), whatWasBuilt("after", "changes.after", "changes.after_judged"),
    changes.changes.length > 0 && changeTable(changes.changes),
    changes.sources.length > 0 && [element("h3", {}, say("flow.sources")), changedSources(changes.sources)],
    changes.examples.length > 0 && [element("h3", {}, say("changes.examples")), changedRows(changes.examples)],
    changes.settings.length > 0 && [element("h3", {}, say("changes.settings")), changedSettings(changes.settings)],
  );
}

const changeKind = () => ({ key: "kind", title: say("changes.kind"), value: ({ change }) => plainName("change", change.kind), cell: ({ change }) => nameOf("change", change.kind) });
const changeEnds = () => ({ key: "ends", title: say("changes.ends"), value: ({ change }) => endsOf(change).join(" "), text: ({ change }) => endsOf(change).map(endText).join(" "), cell: ({ change }) => endsOf(change).map((end, index) => [index ? " → " : null, endNode(end)]) });
const byKind = () => [{ key: "kind", title: say("changes.kind"), value: ({ change }) => change.kind, name: (kind) => plainName("change", kind) }];
const withIndex = (changes) => changes.map((change, index) => ({ change, index }));

// From where to where: verdicts, splits; nothing of a label or a margin, whose kind says it all.
const endsOf = ({ before, after }) => [before, after].filter((end) => end !== null);
const OUTCOMES = ["keep", "drop", "quarantine"];

// A verdict with its reason (drop: REASON), or the name of a split.
function endParts(end) {
  const [outcome, ...reason] = end.split(": ");
  return OUTCOMES.includes(outcome) ? { outcome, reason: reason.join(": ") } : { outcome: null, reason: end };
}

function endText(end) {
  const { outcome, reason } = endParts(end);
  return outcome ? `${say("outcome." + outcome)} ${end}` : reason;
}

function endNode(end) {
  const { outcome, reason } = endParts(end);
  return [outcome && say("outcome." + outcome), outcome && reason && " ", reason && word(reason, "code")];
}

function changeTable(changes) {
  return dataTable({
    name: "changes", caption: say("changes.table"), rows: withIndex(changes), filters: byKind(),
    columns: [changeKind(), changeEnds(), { key: "rows", title: say("rows"), isNumber: true, value: ({ change }) => change.rows, cell: ({ index }) => shown(["changes", "changes", index, "rows"]) }],
  });
}

function changedSources(sources) {
  const quantity = (key) => ({ key, title: say("change." + key), isNumber: true, value: ({ source }) => source[key], cell: ({ index }) => shown(["changes", "sources", index, key]) });
  return dataTable({
    name: "changed-sources", caption: say("flow.sources"), rows: sources.map((source, index) => ({ source, index })),
    columns: [{ key: "name", title: say("source"), value: ({ source }) => source.source, cell: ({ source }) => word(source.source, "code") }, quantity("changed"), quantity("came"), quantity("went")],
  });
}

// Rows by the line of their source, and their numbers in the ledgers of the two builds.
function changedRows(examples) {
  const row = (key, title) => ({ key, title, isNumber: true, value: ({ change }) => change[key], cell: ({ index }) => shown(["changes", "examples", index, key]) });
  return dataTable({
    name: "changed-rows", caption: say("changes.examples"), rows: withIndex(examples), filters: byKind(),
    columns: [
      { key: "place", title: say("place"), value: ({ change }) => placeKey(change), text: ({ change }) => placeText(change), cell: ({ change }) => placeOf(change) },
      changeKind(), changeEnds(), row("row_before", say("changes.row_before")), row("row_after", say("changes.row_after")),
    ],
  });
}

function changedSettings(settings) {
  const text = (value) => (value === null ? "" : typeof value === "string" ? value : JSON.stringify(value));
  const value = (key, title) => ({ key, title, value: ({ setting }) => text(setting[key]), cell: ({ setting }) => (setting[key] === null ? span("absent", say("changes.unset")) : word(text(setting[key]), "code")) });
  return dataTable({
    name: "changed-settings", caption: say("changes.settings"), rows: settings.map((setting) => ({ setting })),
    columns: [{ key: "name", title: say("changes.setting"), value: ({ setting }) => setting.name, cell: ({ setting }) => word(setting.name, "code") }, value("before", say("changes.was")), value("after", say("changes.is"))],
  });
}
