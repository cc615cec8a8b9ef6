// Judges: agreement on lines beside what is asked of it, and what model judges do, as shares.
function agreementStrips() {
  return titled(say("section.agreement"), null, alphaTable(REPORT.agreement.slices.map((slice, index) => ({ slice, path: ["agreement", "slices", index] }))));
}

function judgeStrips() {
  const rows = REPORT.agreement.slices.flatMap((slice, number) => (slice.source === null ? slice.judges.map((one, index) => ({ slice, one, path: ["agreement", "slices", number, "judges", index] })) : []));
  const ends = stripEnds(rows.map(({ one }) => one.with_rest), 0.5);
  const { columns, filters } = slicesApart(rows);
  return titled(say("judges"), null, dataTable({
    name: "judge-strips", caption: say("judges"), rows, filters,
    columns: [
      { key: "judge", title: say("judge"), value: ({ one }) => one.judge, cell: ({ one }) => word(one.judge) },
      ...columns,
      figureColumn("votes", say("judge.votes"), "count"),
      estimateColumn("rest", say("judge.rest"), ({ path }) => [...path, "with_rest"]),
      { key: "strip", title: say("strip.half"), value: ({ one }) => one.with_rest.value, text: () => "", cell: ({ one }) => strip(one.with_rest, ...ends, 0.5, one.with_rest.value < 0.5 ? "below" : "") },
    ],
  }));
}

// Figures of a slice: the words of each, and where it stands in the slice.
const SHARES = [
  ["judging.same", ["orders", "consistency"]], ["judging.turned", ["orders", "turned"]], ["judging.first", ["orders", "first"]],
  ["judging.agreement", ["labels", "agreement"]], ["judging.decided", ["labels", "decided"]], ["judging.single", ["labels", "single"]],
  ["judging.ties", ["ties"]], ["judging.longer", ["longer"]], ["judging.longer_labels", ["labels", "longer"]],
];

// A chart for each judge and criterion, of all languages together.
function judgingCharts() {
  return REPORT.judging.flatMap((judge, number) => judge.slices.flatMap((slice, index) => (slice.language === null ? [shareChart(judge, slice, ["judging", number, "slices", index])] : [])));
}

function shareChart(judge, slice, path) {
  const name = path.join("-");
  const rows = SHARES.map(([key, of]) => ({ name: say(key), path: [...path, ...of] })).filter((row) => at(row.path) && at(row.path).value !== null);
  const numbers = dataTable({ name, caption: say("judging.figures"), rows, isPlain: true, columns: [
    { key: "name", title: say("judging.share"), value: (row) => row.name, cell: (row) => row.name },
    estimateColumn("value", say("share"), (row) => row.path),
    { key: "pairs", title: say("pairs"), isNumber: true, value: (row) => at(row.path).pairs, cell: (row) => shown([...row.path, "pairs"]) },
  ] });
  return ratioChart({
    name, numbers, title: say("judging.chart", { judge: legible(judge.judge), criterion: legible(plainName("criterion", slice.criterion)) }), note: say("judging.chart.note"), axis: say("share"),
    rows: rows.map((row) => ({ ...at(row.path), name: row.name, isStrong: true })),
  });
}
