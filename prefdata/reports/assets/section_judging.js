// The language models whose verdicts the data were built from: what order, length and labels say of
// each, by criterion and language.
function judgingSection() {
  if (!REPORT.judging.length) return null;
  const rows = REPORT.judging.flatMap((judge, number) => judge.slices.map((slice, index) => ({ judge, slice, path: ["judging", number, "slices", index] })));
  return section("judging", "estimate", lead("judging.lead"),
    REPORT.judging.map((judge, number) => [
      paragraph(element("b", {}, word(judge.judge)), judge.says.map((each) => [" ", told(each)])),
      verdictNote(judge, ["judging", number]),
      judge.slices.filter(({ language }) => language === null).map((slice) => paragraph(element("b", {}, nameOf("criterion", slice.criterion)), slice.says.map((each) => [" ", told(each)]))),
    ]),
    judgingTable("judging", say("judging.figures"), rows, [
      figureColumn("pairs", say("judging.pairs"), "count"), figureColumn("prompts", say("judging.prompts"), "count"),
      judgingFigure(say("judging.ties"), ["ties"]), judgingFigure(say("judging.longer"), ["longer"]),
      rows.some(({ slice }) => slice.same_points !== null) && figureColumn("same_points", say("judging.points"), "ratio"),
    ]),
    judgingTable("judging-orders", say("judging.order"), rows.filter(({ slice }) => slice.orders !== null), [
      judgingFigure(say("judging.same"), ["orders", "consistency"]), judgingFigure(say("judging.kappa"), ["orders", "kappa"], "three"),
      judgingFigure(say("judging.first"), ["orders", "first"]), judgingFigure(say("judging.turned"), ["orders", "turned"]),
    ]),
    judgingTable("judging-labels", say("judging.labels"), rows.filter(({ slice }) => slice.labels !== null), [
      judgingFigure(say("judging.agreement"), ["labels", "agreement"]), judgingFigure(say("judging.decided"), ["labels", "decided"]),
      rows.some(({ slice }) => slice.labels !== null && slice.labels.single !== null) && judgingFigure(say("judging.single"), ["labels", "single"]),
      judgingFigure(say("judging.kappa"), ["labels", "kappa"], "three"), judgingFigure(say("judging.longer_labels"), ["labels", "longer"]),
    ]),
  );
}

const judgingFigure = (title, of, format = "ratio") => estimateColumn(of.join("-"), title, ({ path }) => [...path, ...of], format);

const languageOf = (slice) => (slice.language === null ? say("judging.languages") : slice.language);

function verdictNote(judge, path) {
  const count = (...parts) => shown([...path, ...parts]);
  const { failed, not_asked: unasked } = judge.verdicts;
  const reasons = (key) => keysByCount(judge.verdicts[key]).map((reason) => [word(reason, "code"), " ", count("verdicts", key, reason)]);
  return element("p", { class: "note" },
    sentence("judging.verdicts", { judge: word(judge.judge), wanted: count("verdicts", "wanted"), parsed: count("verdicts", "parsed"), unparsed: count("verdicts", "unparsed"), share: interval([...path, "unparsed"]) }), " ",
    sentence("judging.twice", { repaired: count("verdicts", "repaired"), graded: count("verdicts", "graded") }),
    keysByCount(failed).length > 0 && [" ", sentence("judging.failed", { list: listed(reasons("failed")) })],
    keysByCount(unasked).length > 0 && [" ", sentence("judging.unasked", { list: listed(reasons("not_asked")) })]);
}

// A table of slices, which columns for judge, criterion and language tell apart.
function judgingTable(name, caption, rows, columns) {
  if (!rows.length) return null;
  const isSeveral = (value) => new Set(rows.map(value)).size > 1;
  const apart = [
    { key: "judge", title: say("judge"), value: ({ judge }) => judge.judge, cell: ({ judge }) => word(judge.judge) },
    { key: "criterion", title: say("criterion"), value: ({ slice }) => plainName("criterion", slice.criterion), cell: ({ slice }) => nameOf("criterion", slice.criterion, "code") },
    { key: "language", title: say("judging.language"), value: ({ slice }) => languageOf(slice), cell: ({ slice }) => (slice.language === null ? say("judging.languages") : word(slice.language, "code")) },
  ].filter(({ key, value }) => key === "judge" || isSeveral(value));
  return dataTable({ name, caption, rows, filters: apart.map(({ key, title, value }) => ({ key, title, value })), columns: [...apart, ...columns] });
}
