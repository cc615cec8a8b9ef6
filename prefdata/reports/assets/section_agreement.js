// How far judges agree, where several of them judged the same: by criterion and source, judge by
// judge, and two by two.
function agreementSection() {
  if (!REPORT.agreement) return null;
  const slices = REPORT.agreement.slices.map((slice, index) => ({ slice, path: ["agreement", "slices", index] }));
  const shared = slices.filter(({ slice }) => slice.source === null || slice.shared_items > 0);
  const rowsOf = (key) => shared.flatMap(({ slice, path }) => slice[key].map((one, index) => ({ slice, one, path: [...path, key, index] })));
  const pairs = rowsOf("pairs");
  return section("agreement", "estimate", lead("agreement.lead"),
    shared.map(({ slice }) => paragraph(sliceTitle(slice), slice.says.map((each) => [" ", told(each)]))),
    alphaTable(slices), votesTable(slices),
    Object.values(REPORT.agreement.remarks).map((remark) => element("p", { class: "note" }, told(remark))),
    element("h3", {}, say("judges")), element("p", { class: "note" }, say("judges.note")), judgesTable(rowsOf("judges")),
    pairs.length > 0 && [element("h3", {}, say("judges.two")), judgePairsTable(pairs)],
    shared.filter(({ slice }) => slice.pairs_of_judges < slice.judges.length).map(({ slice, path }) => element("p", { class: "note" }, sentence("judges.compared", { criterion: nameOf("criterion", slice.criterion), n: shown([...path, "pairs_of_judges"]) }))),
  );
}

const sourceOf = (slice) => (slice.source === null ? say("agreement.everywhere") : slice.source);

const sliceTitle = (slice) => element("b", {}, nameOf("criterion", slice.criterion), slice.source !== null && [" ", word(slice.source, "code")]);

// The columns that tell rows of several slices apart, and the filters by the same.
function slicesApart(rows) {
  const isSeveral = (key) => new Set(rows.map(({ slice }) => slice[key])).size > 1;
  const columns = [
    { key: "criterion", title: say("criterion"), value: ({ slice }) => plainName("criterion", slice.criterion), cell: ({ slice }) => nameOf("criterion", slice.criterion, "code") },
    { key: "source", title: say("source"), value: ({ slice }) => sourceOf(slice), cell: ({ slice }) => (slice.source === null ? say("agreement.everywhere") : word(slice.source, "code")) },
  ].filter(({ key }) => isSeveral(key));
  return { columns, filters: columns.map(({ key, title, value }) => ({ key, title, value })) };
}

const figureColumn = (key, title, format, of = []) => ({
  key, title, isNumber: true,
  value: ({ path }) => at([...path, ...of, key]),
  cell: ({ path }) => shown([...path, ...of, key], format),
});

const firstColumn = () => estimateColumn("first", say("judge.first"), ({ path }) => [...path, "position"], "ratio", ["first", "low", "high"]);
const decidedColumn = () => ({ ...figureColumn("votes", say("judge.decided"), "count", ["position"]), key: "decided" });

function alphaTable(rows) {
  const ends = stripEnds(rows.map(({ slice }) => slice.alpha), 0.667);
  const { columns, filters } = slicesApart(rows);
  return dataTable({
    name: "agreement", caption: say("section.agreement"), rows, filters,
    columns: [
      ...columns,
      { key: "scale", title: say("agreement.scale"), value: ({ slice }) => plainName("scale", slice.alpha.scale), cell: ({ slice }) => nameOf("scale", slice.alpha.scale) },
      estimateColumn("alpha", say("agreement.alpha"), ({ path }) => [...path, "alpha"], "three"),
      { key: "strip", title: say("agreement.strip"), value: ({ slice }) => slice.alpha.value, text: () => "", cell: ({ slice }) => strip(slice.alpha, ...ends, 0.667, slice.alpha.value < 0.667 ? "below" : "") },
      figureColumn("units", say("agreement.units"), "count", ["alpha"]),
      { ...figureColumn("prompts", say("agreement.prompts"), "count", ["alpha"]), key: "alpha-prompts" },
    ],
  });
}

function votesTable(rows) {
  const { columns, filters } = slicesApart(rows);
  return dataTable({
    name: "votes", caption: say("agreement.votes"), rows, filters,
    columns: [
      ...columns,
      figureColumn("votes", say("judge.votes"), "count"),
      figureColumn("prompts", say("agreement.prompts"), "count"),
      figureColumn("items", say("agreement.items"), "count"),
      figureColumn("shared_items", say("agreement.shared"), "count"),
      figureColumn("unanimous_ratio", say("agreement.unanimous"), "ratio"),
      figureColumn("tie_ratio", say("agreement.ties"), "ratio"),
      decidedColumn(), firstColumn(),
    ],
  });
}

function judgesTable(rows) {
  const { columns, filters } = slicesApart(rows);
  return dataTable({
    name: "judges", caption: say("judges"), rows, filters,
    columns: [
      { key: "judge", title: say("judge"), value: ({ one }) => one.judge, cell: ({ one }) => word(one.judge) },
      ...columns,
      figureColumn("votes", say("judge.votes"), "count"),
      estimateColumn("rest", say("judge.rest"), ({ path }) => [...path, "with_rest"]),
      figureColumn("dawid_skene", say("judge.dawid_skene"), "ratio"),
      figureColumn("bradley_terry", say("judge.bradley_terry"), "ratio"),
      decidedColumn(), firstColumn(),
      { key: "same", title: say("judge.same"), isNumber: true, value: ({ one }) => one.same_answer_ratio, text: ({ one }) => (one.same_answer ? plainName("answer", one.same_answer) : ""), cell: ({ one, path }) => [shown([...path, "same_answer_ratio"], "ratio"), one.same_answer && [" ", nameOf("answer", one.same_answer)]] },
      rows.some(({ one }) => one.seconds !== null) && figureColumn("seconds", say("judge.seconds"), "edge"),
      rows.some(({ one }) => one.says.length > 0) && { key: "odd", title: say("judge.odd"), value: ({ one }) => one.says.join(" "), cell: ({ one }) => one.says.map((each, index) => [index > 0 && say("list.semicolon"), told(each)]) },
    ],
  });
}

function judgePairsTable(rows) {
  const { columns, filters } = slicesApart(rows);
  const name = (key, title) => ({ key, title, value: ({ one }) => one[key], cell: ({ one }) => word(one[key]) });
  return dataTable({
    name: "judge-pairs", caption: say("judges.two"), rows, filters, perPage: 15,
    columns: [
      name("one", say("judge")), name("other", say("judge.other")),
      ...columns,
      figureColumn("units", say("agreement.units"), "count"),
      figureColumn("agreement", say("judge.alike"), "ratio"),
      figureColumn("kappa", say("judge.kappa"), "three"),
    ],
  });
}
