// Where rows went; lengths and languages.
function section(id, tag, ...content) {
  return element("section", { id, "aria-labelledby": id + "-title", class: tag ? "is-" + tag : null },
    element("h2", { id: id + "-title", class: id === "summary" ? "unseen" : null }, say("section." + id), tag && span("tag " + tag, say("tag." + tag))),
    content);
}

const lead = (key, values) => element("p", { class: "lead" }, sentence(key, values || {}));

function flowSection() {
  const { counts } = REPORT;
  const quantity = (key, title, of) => ({ key, title, isNumber: true, value: ({ source }) => of(source.counts).value, cell: ({ index, source }) => of(source.counts, ["sources", index, "counts"]).node });
  const plain = (key) => (values, path) => ({ value: values[key], node: path && shown([...path, key]) });
  const rest = counts.read - counts.kept - counts.quarantined - sum(counts.dropped);
  const of = (key) => shown(["counts", "rows", key]);
  return section("flow", "certain",
    counts.rows && lead("flow.lead_rows", { read: of("read"), in_pairs: of("in_pairs"), pairs: of("pairs"), without: derived("without", sum(counts.rows.unpaired)), quarantined: of("quarantined") }),
    counts.rows && unpairedTable(counts.rows.unpaired),
    lead(rest ? "flow.lead_unbalanced" : counts.rows ? "flow.lead_judged" : "flow.lead", {
      read: shown(["counts", "read"]), kept: shown(["counts", "kept"]), dropped: derived("dropped", sum(counts.dropped)), quarantined: shown(["counts", "quarantined"]), rest: derived("unaccounted", rest) }),
    flowChart(),
    element("h3", {}, say("flow.sources")),
    dataTable({
      name: "sources", caption: say("flow.sources"), rows: REPORT.sources.map((source, index) => ({ source, index })),
      columns: [
        { key: "name", title: say("source"), value: ({ source }) => source.name, cell: ({ source }) => word(source.name, "code") },
        quantity("read", say(whatIsRead()), plain("read")),
        quantity("kept", say("kept"), plain("kept")),
        quantity("dropped", say("dropped"), (values) => ({ value: sum(values.dropped), node: derived("source-dropped", sum(values.dropped)) })),
        quantity("quarantined", say("quarantined"), plain("quarantined")),
      ],
    }),
    Object.keys(counts.splits).length > 0 && [element("h3", {}, say("flow.splits")), dataTable({
      name: "splits", caption: say("flow.splits"), rows: keysByCount(counts.splits), isPlain: true,
      columns: [
        { key: "name", title: say("split"), value: (split) => split, cell: (split) => word(split, "code") },
        { key: "rows", title: say("rows"), isNumber: true, value: (split) => counts.splits[split], cell: (split) => shown(["counts", "splits", split]) },
        { key: "share", title: say("share"), isNumber: true, value: (split) => counts.splits[split], cell: (split) => derived("split-share", share(counts.splits[split], counts.kept), "ratio") },
      ] })],
  );
}

function unpairedTable(unpaired) {
  return Object.keys(unpaired).length > 0 && dataTable({
    name: "unpaired", caption: say("flow.unpaired"), rows: keysByCount(unpaired), isPlain: true,
    columns: [
      { key: "code", title: say("code"), value: (code) => code, cell: (code) => word(code, "code") },
      { key: "rows", title: say("rows"), isNumber: true, value: (code) => unpaired[code], cell: (code) => shown(["counts", "rows", "unpaired", code]) },
    ] });
}

function textSection() {
  return section("texts", "certain", lead("texts.lead"),
    REPORT.lengths.length ? lengthChart() : paragraph(say("none")),
    element("h3", {}, say("languages")),
    REPORT.languages.length ? languageTable() : paragraph(say("none")),
  );
}

function languageTable() {
  const total = REPORT.languages.reduce((rows, language) => rows + language.rows, 0);
  const most = Math.max(...REPORT.languages.map(({ rows }) => rows), 1);
  return dataTable({
    name: "languages", caption: say("languages"), rows: REPORT.languages.map((language, index) => ({ language, index })), isPlain: true,
    columns: [
      { key: "name", title: say("language"), value: ({ language }) => languageName(language.name), text: ({ language }) => language.name + " " + languageName(language.name), cell: ({ language }) => [word(languageName(language.name)), " ", word(language.name, "code faint")] },
      { key: "rows", title: say("rows"), isNumber: true, value: ({ language }) => language.rows, cell: ({ index }) => shown(["languages", index, "rows"]) },
      { key: "share", title: say("share"), isNumber: true, value: ({ language }) => language.rows, cell: ({ language }) => derived("language-share", share(language.rows, total), "ratio") },
      { key: "bar", title: say("share.bar"), value: ({ language }) => language.rows, text: () => "", cell: ({ language }) => bar(language.rows / most) },
    ] });
}

const bar = (part) => element("span", { class: "bar", "aria-hidden": "true" }, element("span", { class: "bar-fill", style: { width: `${100 * part}%` } }));

// The language of a code, by its name where the browser knows the code.
function languageName(code) {
  if (code === "und") return say("language.unknown");
  if (!/^[a-z]{2,3}$/.test(code)) return WORDS["language." + code] ? say("language." + code) : code;
  try {
    return new Intl.DisplayNames([locale()], { type: "language" }).of(code) || code;
  } catch {
    return code; // a browser that does not know the code
  }
}

// From where to where strips reach, so that all of them lie within.
function stripEnds(values, center) {
  const all = [center, ...values.flatMap(({ value, low, high }) => [value, low ?? value, high ?? value])].filter((value) => value !== null);
  const [least, most] = [Math.min(...all), Math.max(...all)];
  const room = Math.max((most - least) / 20, 0.005);
  return [least - room, most + room];
}

// A value and its interval on a line from `least` to `most`, with a mark at `center`.
function strip({ value, low, high }, least, most, center, tone = "") {
  const place = (number) => `${Math.max(0, Math.min(100, (100 * (number - least)) / (most - least)))}%`;
  if (value === null) return null;
  const from = low ?? value;
  const to = high ?? value;
  return element("span", { class: "strip " + tone, "aria-hidden": "true" },
    element("span", { class: "strip-center", style: { left: place(center) } }),
    element("span", { class: "strip-line", style: { left: place(from), right: `calc(100% - ${place(to)})` } }),
    element("span", { class: "strip-dot", style: { left: place(value) } }));
}
