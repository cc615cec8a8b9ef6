// The language models whose verdicts the data were built from: what order, length and labels say of
// each, by criterion and language.
function judgingSection() {
  if (!REPORT.judging.length) return null;
  const rows = REPORT.judging.flatMap((judge, number) => judge.slices.map((slice, index) => ({ judge, slice, path: ["judging", number, "slices", index] })));
  return section("judging", "estimate", lead("judging.lead"),
    REPORT.judging.map((judge, number) => [
      paragraph(element("b", {}, word(judge.judge)), judge.says.map((each) => [" ", told(each)])),
      element("p", { class: "note" }, sentence("judging.verdicts", { judge: word(judge.judge), wanted: shown(["judging", number, "verdicts", "wanted"]), parsed: shown(["judging", number, "verdicts", "parsed"]), unparsed: shown(["judging", number, "verdicts", "unparsed"]) })),
      judge.slices.filter(({ language }) => language === null).map((slice) => paragraph(element("b", {}, word(slice.criterion)), slice.says.map((each) => [" ", told(each)]))),
    ]),
    judgingTable(rows),
  );
}

const languageOf = (slice) => (slice.language === null ? say("judging.languages") : slice.language);

function judgingTable(rows) {
  const has = (key) => rows.some(({ slice }) => slice[key] !== null);
  const isSeveral = (value) => new Set(rows.map(value)).size > 1;
  const apart = [
    { key: "judge", title: say("judge"), value: ({ judge }) => judge.judge, cell: ({ judge }) => word(judge.judge) },
    { key: "criterion", title: say("criterion"), value: ({ slice }) => slice.criterion, cell: ({ slice }) => word(slice.criterion, "code") },
    { key: "language", title: say("judging.language"), value: ({ slice }) => languageOf(slice), cell: ({ slice }) => (slice.language === null ? say("judging.languages") : word(slice.language, "code")) },
  ].filter(({ key, value }) => key === "judge" || isSeveral(value));
  const figure = (title, of, format = "ratio") => estimateColumn(of.join("-"), title, ({ path }) => [...path, ...of], format);
  return dataTable({
    name: "judging", caption: say("judging.figures"), rows,
    filters: apart.map(({ key, title, value }) => ({ key, title, value })),
    columns: [
      ...apart,
      figureColumn("pairs", say("judging.pairs"), "count"),
      has("orders") && figure(say("judging.same"), ["orders", "consistency"]),
      has("orders") && figure(say("judging.orders"), ["orders", "kappa"], "three"),
      has("orders") && figure(say("judging.first"), ["orders", "first"]),
      figure(say("judging.longer"), ["longer"]),
      figure(say("judging.ties"), ["ties"]),
      has("labels") && figure(say("judging.labels"), ["labels", "agreement"]),
      has("labels") && figure(say("judging.kappa"), ["labels", "kappa"], "three"),
    ],
  });
}
