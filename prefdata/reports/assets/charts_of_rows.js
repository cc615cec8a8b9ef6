// How long texts are; histograms as lines of steps.

// The outline of a histogram, so that several can lie over one another: points [value, rows].
function steps({ edges, counts }) {
  const inner = counts.flatMap((count, index) => [[edges[index], count], [edges[index + 1], count]]);
  return [[edges[0], 0], ...inner, [edges[edges.length - 1], 0]];
}

// Histograms over one another: lines [{histogram, name, tone, isFilled}], and a legend.
function histogramFigure(lines, { width, title, isLog, edge }) {
  const edges = lines.flatMap(({ histogram }) => histogram.edges);
  const most = Math.max(...lines.flatMap(({ histogram }) => histogram.counts), 1);
  const x = { from: Math.max(Math.min(...edges), isLog ? 1 : -Infinity), to: Math.max(...edges), isLog, format: edge, title };
  const y = { from: 0, to: most * 1.05, format: FORMATS.edge, title: say("rows") };
  const layers = (across, up) => [
    !isLog && x.from < 0 && x.to > 0 && straight(across(0), up(0), across(0), up(y.to), "axis"),
    lines.map(({ histogram, name, tone, isFilled }) => hinted(name, "path", {
      d: pathOf(steps(histogram).map(([value, rows]) => [across(Math.max(value, x.from)), up(rows)])), class: `line ${tone} ${isFilled ? "is-filled" : ""}` })),
  ];
  return [legend(lines), plot({ width, height: 270, x, y, layers })];
}

function histogramTable(name, caption, paths, nameOfHistogram) {
  const rows = paths.flatMap((path) => at(path).counts.map((count, index) => ({ path, index, count })));
  return dataTable({
    name, caption, rows: rows.filter(({ count }) => count > 0), isPlain: true,
    columns: [
      { key: "name", title: say("histogram.of"), value: ({ path }) => nameOfHistogram(at(path).name), cell: ({ path }) => nameOfHistogram(at(path).name) },
      { key: "from", title: say("histogram.from"), isNumber: true, value: ({ path, index }) => at(path).edges[index], cell: ({ path, index }) => shown([...path, "edges", index], "edge") },
      { key: "to", title: say("histogram.to"), isNumber: true, value: ({ path, index }) => at(path).edges[index + 1], cell: ({ path, index }) => shown([...path, "edges", index + 1], "edge") },
      { key: "rows", title: say("rows"), isNumber: true, value: ({ count }) => count, cell: ({ path, index }) => shown([...path, "counts", index]) },
    ],
  });
}

function middle(histogram) {
  const half = histogram.counts.reduce((total, count) => total + count, 0) / 2;
  let before = 0;
  for (let index = 0; index < histogram.counts.length; index++) {
    if ((before += histogram.counts[index]) >= half) return [histogram.edges[index], histogram.edges[index + 1]];
  }
  return null;
}

function lengthChart() {
  const paths = REPORT.lengths.map((_, index) => ["lengths", index]);
  const named = (name) => nameOf("length", name);
  const middles = REPORT.lengths.map((histogram) => {
    const range = middle(histogram);
    return say("length.middle", { name: plainName("length", histogram.name), range: range ? range.map((edge) => FORMATS.edge(edge)).join("–") : "–" });
  });
  const tones = bare({ prompt: "faint is-dotted", chosen: "accent", rejected: "warm is-dashed" });
  const lines = REPORT.lengths.map((histogram) => ({ histogram, name: label(plainName("length", histogram.name)), tone: tones[histogram.name] || "soft" }));
  const isLog = REPORT.lengths.every(({ edges }) => edges[0] >= 0) && REPORT.lengths.some(({ edges }) => edges[edges.length - 1] > 200);
  return chart({
    name: "lengths", title: say("length.title"), summary: middles.join(say("list.semicolon")), note: middles.join(say("list.semicolon")),
    figure: (width) => histogramFigure(lines, { width, title: say("characters"), isLog, edge: FORMATS.edge }),
    numbers: histogramTable("length-numbers", say("length.title"), paths, named),
  });
}
