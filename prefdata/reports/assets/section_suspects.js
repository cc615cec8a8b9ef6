// The pairs whose labels look wrong; what people decided of them.
function suspectSection() {
  const { labels } = REPORT;
  if (!labels.is_judged) return section("suspects", "estimate", verdictBox());
  const rows = labels.suspects.map((suspect, index) => ({ suspect, index, path: ["labels", "suspects", index] }));
  const reviewed = labels.classes["likely-flipped"];
  return section("suspects", "estimate",
    lead("suspects.lead", { n: derived("suspects", rows.length), likely: reviewed === undefined ? "–" : shown(["labels", "classes", "likely-flipped"]) }),
    rows.length ? collection({
      name: "suspects", rows, perPage: 10, least: 1, draw: (visibleRows) => visibleRows.map(suspectCard),
      text: ({ suspect }) => [exampleWords(suspect), suspect.label, plainName("class", suspect.label), suspect.language, suspect.split, suspect.reasons, suspect.reasons.map(reasonSays)].flat(2).join(" "),
      filters: [
        { key: "class", title: say("class"), value: ({ suspect }) => suspect.label, name: (name) => plainName("class", name) },
        { key: "source", title: say("source"), value: ({ suspect }) => suspect.place.source },
        { key: "language", title: say("language"), value: ({ suspect }) => suspect.language, name: languageName },
        { key: "split", title: say("split"), value: ({ suspect }) => suspect.split },
      ],
      sorts: [
        { key: "p_flip", title: say("p_flip"), value: ({ suspect }) => suspect.p_flip },
        { key: "reward_margin", title: say("reward_margin"), value: ({ suspect }) => suspect.reward_margin },
        { key: "spread", title: say("spread"), value: ({ suspect }) => suspect.spread },
        { key: "margin", title: say("margin"), value: ({ suspect }) => suspect.margin },
        { key: "row", title: say("row"), value: ({ suspect }) => suspect.place.row },
      ],
      extra: marksTool(),
    }) : paragraph(say("suspects.none")),
  );
}

function suspectCard({ suspect, index, path }) {
  const fact = (title, ...values) => element("div", { class: "fact" }, element("dt", {}, title), element("dd", {}, values));
  const views = Object.keys(suspect.views);
  return element("article", { class: "card suspect", "data-suspect": index, "aria-label": say("suspect.of", { n: FORMATS.count(index + 1), row: FORMATS.count(suspect.place.row) }) },
    element("header", { class: "card-head" },
      element("h4", {}, span("rank", FORMATS.count(index + 1)), span("class-name " + suspect.label, nameOf("class", suspect.label))),
      placeOf(suspect.place)),
    element("dl", { class: "facts" },
      fact(say("p_flip"), span("p-flip", interval(path, "ratio", ["p_flip", "p_low", "p_high"])), strip({ value: suspect.p_flip, low: suspect.p_low, high: suspect.p_high }, 0, 1, 0.5, "below")),
      fact(say("reward_margin"), shown([...path, "reward_margin"], "signed"), span("interval", " ± ", shown([...path, "spread"], "three"))),
      views.map((view) => fact(nameOf("view", view), shown([...path, "views", view], "signed"))),
      suspect.margin !== null && fact(say("margin"), shown([...path, "margin"], "signed")),
      fact(say("language"), word(languageName(suspect.language))),
      fact(say("split"), word(suspect.split))),
    suspect.reasons.length > 0 && element("ul", { class: "reasons", "aria-label": say("reasons") }, suspect.reasons.map((code) => element("li", { "data-reason": code }, visible(reasonSays(code))))),
    textsOf(suspect.texts));
}

function reviewSection() {
  const { reviewed } = REPORT;
  if (!reviewed) return null;
  return section("reviewed", "certain",
    lead("reviewed.lead", { n: shown(["reviewed", "rows"]), file: word(reviewed.file, "code"), unmatched: shown(["reviewed", "unmatched"]) }),
    dataTable({ name: "decisions", caption: say("decisions"), rows: Object.keys(reviewed.decisions), isPlain: true, columns: [
      { key: "name", title: say("decision"), value: (name) => plainName("decision", name), cell: (name) => nameOf("decision", name) },
      { key: "rows", title: say("rows"), isNumber: true, value: (name) => reviewed.decisions[name], cell: (name) => shown(["reviewed", "decisions", name]) },
    ] }),
    reviewed.flip_rate && paragraph(sentence("reviewed.rate", { rate: interval(["reviewed", "flip_rate"]) })),
  );
}
