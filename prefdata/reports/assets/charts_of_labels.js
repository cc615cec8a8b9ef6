// What the models see: values with intervals, margins, calibration.

// Dots with intervals, one a line: rows [{name, value, low, high, isStrong}].
function dotFigure(rows, { marks, title, palette, width, range }) {
  const names = rows.map((row) => label(row.name, width < 480 ? 16 : 32));
  const color = rows.map((row) => (row.isStrong ? palette.accent : palette.faint));
  const trace = {
    type: "scatter", mode: "markers", x: rows.map((row) => row.value), y: rows.map((_, index) => index), text: names,
    marker: { color, size: 10 }, hovertemplate: "%{text}: %{x:.3f}<extra></extra>",
    error_x: { type: "data", symmetric: false, array: rows.map((row) => (row.high ?? row.value) - row.value), arrayminus: rows.map((row) => row.value - (row.low ?? row.value)), color: palette.soft, thickness: 1.5, width: 0 },
  };
  const lines = marks.filter(({ value }) => value !== null && value !== undefined);
  return {
    data: [trace],
    layout: {
      xaxis: { title: { text: label(title, 80) }, range, zeroline: false, nticks: width < 480 ? 5 : 8 },
      yaxis: { tickvals: names.map((_, index) => index), ticktext: names, autorange: "reversed", zeroline: false, showgrid: false, tickfont: { color: palette.ink, size: 13 } },
      shapes: lines.map(({ value, dash }) => ({ type: "line", x0: value, x1: value, yref: "paper", y0: 0, y1: 1, line: { color: palette.soft, width: 1.2, dash } })),
      annotations: lines.map(({ value, text }, index) => ({ x: value, xref: "x", y: 1, yref: "paper", yanchor: "bottom", yshift: index % 2 && width < 560 ? 14 : 0, showarrow: false, text: label(text, 40), font: { size: 11, color: palette.soft } })),
      margin: { l: 8, r: 16, t: 34, b: 8 },
    },
  };
}

function detectionChart() {
  const power = REPORT.labels.power;
  const rows = power.detections.filter(({ auroc }) => auroc !== null).map((found) => ({ name: plainName("detection", found.name), value: found.auroc, low: found.low, high: found.high, isStrong: found.name === "all" }));
  const marks = [
    { value: 0.5, text: say("coin"), dash: "solid" },
    { value: power.at_least, text: say("power.at_least"), dash: "dash" },
    { value: power.theory, text: say("power.theory"), dash: "dot" },
  ];
  const edges = [...rows.flatMap(({ low, high, value }) => [low ?? value, high ?? value]), ...marks.map(({ value }) => value).filter((value) => value !== null)];
  return chart({
    name: "detections", title: say("power.chart"), height: 90 + 34 * rows.length, note: say("power.chart.note"),
    summary: rows.map(({ name, value }) => `${name} ${FORMATS.three(value)}`).join(say("list.semicolon")),
    figure: (palette, width) => dotFigure(rows, { marks, title: "AUROC", palette, width, range: [Math.min(...edges) - 0.03, Math.max(...edges) + 0.03] }),
    numbers: detectionTable("detection-numbers"),
  });
}

function accuracyRows() {
  const rows = REPORT.labels.views.map((view, index) => ({ kind: "view", name: view.name, path: ["labels", "views", index, "accuracy"], index }));
  if (!rows.some(({ name }) => name === "all")) rows.unshift({ kind: "view", name: "all", path: ["labels", "accuracy"], index: null });
  const baselines = REPORT.labels.baselines.map((_, index) => ({ kind: "baseline", name: baselineName(index), path: ["labels", "baselines", index], index }));
  return [...rows, ...baselines];
}

// The baselines of a report stand in this order, and say how they were made, not what they are.
const BASELINES = ["constant", "length-only", "label-shuffled"];
const baselineName = (index) => BASELINES[index] || REPORT.labels.baselines[index].made;

function accuracyChart() {
  const rows = accuracyRows().map((row) => ({ ...at(row.path), name: plainName(row.kind, row.name), isStrong: row.kind === "view" })).filter(({ value }) => value !== null);
  const edges = rows.flatMap(({ value, low, high }) => [low ?? value, high ?? value]);
  return chart({
    name: "accuracies", title: say("accuracy.chart"), height: 80 + 34 * rows.length, note: say("accuracy.note"),
    summary: rows.map(({ name, value }) => `${name} ${FORMATS.ratio(value)}`).join(say("list.semicolon")),
    figure: (palette, width) => {
      const made = dotFigure(rows, { marks: [{ value: 0.5, text: say("coin"), dash: "solid" }], title: say("accuracy"), palette, width, range: [Math.min(0.5, ...edges) - 0.03, Math.max(...edges) + 0.03] });
      made.layout.xaxis.tickformat = ".0%";
      made.data[0].hovertemplate = "%{text}: %{x:.1%}<extra></extra>";
      return made;
    },
    numbers: accuracyTable("accuracy-numbers"),
  });
}

function marginChart() {
  const paths = REPORT.labels.margins.map((_, index) => ["labels", "margins", index]);
  const named = (name) => nameOf("class", name);
  const all = REPORT.labels.margins.find(({ name }) => name === "all") || REPORT.labels.margins[0];
  const range = middle(all);
  return chart({
    name: "margins", title: say("margin.chart"), height: 300, note: say("margin.note"),
    summary: range ? say("margin.summary", { range: range.map((edge) => FORMATS.signed(edge)).join(" – ") }) : say("none"),
    figure: (palette) => {
      const style = bare({ all: [palette.faint, "solid", "tozeroy"], "likely-flipped": [palette.warm, "solid", "tozeroy"], ambiguous: [palette.accent, "dash", "none"], "model-uncertain": [palette.soft, "dot", "none"], "shortcut-contradicting": [palette.accent, "dashdot", "none"], sound: [palette.accent, "solid", "none"] });
      const data = REPORT.labels.margins.map((histogram) => {
        const [color, dash, fill] = style[histogram.name] || [palette.soft, "solid", "none"];
        return { type: "scatter", mode: "lines", name: label(plainName("class", histogram.name)), ...steps(histogram), fill, fillcolor: histogram.name === "likely-flipped" ? palette.warmWash : palette.wash, line: { color, dash, width: 1.8 }, hovertemplate: "%{x:.2f}: %{y:,d}<extra>%{fullData.name}</extra>" };
      });
      return { data, layout: { showlegend: true, legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom" }, xaxis: { title: { text: label(say("reward_margin"), 60) }, zeroline: true, zerolinecolor: palette.soft }, yaxis: { title: { text: label(say("rows")) }, rangemode: "tozero", nticks: 5 } } };
    },
    numbers: histogramTable("margin-numbers", say("margin.chart"), paths, named),
  });
}

function reliabilityChart() {
  const calibration = REPORT.labels.calibration;
  const bins = calibration.bins.map((bin, index) => ({ ...bin, path: ["labels", "calibration", "bins", index] }));
  const column = (key, format, title) => ({ key, title, isNumber: true, value: (bin) => bin[key], cell: (bin) => shown([...bin.path, key], format) });
  return chart({
    name: "reliability", title: say("reliability.title"), height: 340, note: say("reliability.note"),
    summary: say("reliability.summary", { ece: formatted(calibration.ece, "four"), chance: formatted(calibration.ece_by_chance, "four") }),
    figure: (palette, width) => {
      const most = Math.max(...bins.map(({ pairs }) => pairs), 1);
      const size = bins.map(({ pairs }) => 7 + 15 * Math.sqrt(pairs / most));
      const data = [
        { type: "scatter", mode: "lines", x: [0.5, 1], y: [0.5, 1], line: { color: palette.soft, width: 1, dash: "dot" }, hoverinfo: "skip" },
        { type: "scatter", mode: "lines+markers", x: bins.map(({ confidence }) => confidence), y: bins.map(({ accuracy }) => accuracy), customdata: bins.map(({ pairs }) => pairs), line: { color: palette.accent, width: 1.5 }, marker: { color: palette.accent, size, line: { color: palette.ground, width: 1 } }, hovertemplate: "%{x:.1%} → %{y:.1%} (%{customdata:,d})<extra></extra>" },
      ];
      const lowest = Math.min(0.5, ...bins.map(({ accuracy }) => accuracy)) - 0.03;
      const axis = { tickformat: ".0%", zeroline: false, nticks: 6 };
      return { data, layout: { height: Math.min(340, Math.max(280, width * 0.8)), xaxis: { ...axis, title: { text: label(say("reliability.x"), 60) }, range: [0.48, 1.02] }, yaxis: { ...axis, title: { text: label(say("reliability.y"), 60) }, range: [lowest, 1.02] } } };
    },
    numbers: dataTable({ name: "reliability", caption: say("reliability.title"), rows: bins, isPlain: true, columns: [column("low", "three", say("reliability.low")), column("high", "three", say("reliability.high")), column("pairs", "count", say("pairs")), column("confidence", "ratio", say("reliability.x")), column("accuracy", "ratio", say("reliability.y"))] }),
  });
}

function precisionAtKChart() {
  const rows = REPORT.labels.precision_at_k.map((top, index) => ({ ...top, path: ["labels", "precision_at_k", index] }));
  const column = (key, format, title) => ({ key, title, isNumber: true, value: (row) => row[key], cell: (row) => shown([...row.path, key], format) });
  return chart({
    name: "at-top", title: say("top.title"), height: 280, note: say("top.note"),
    summary: rows.map(({ k, expected, low, high }) => say("top.summary", { k: FORMATS.count(k), expected: FORMATS.ratio(expected), low: FORMATS.ratio(low), high: FORMATS.ratio(high) })).join(say("list.semicolon")),
    figure: (palette) => {
      const line = (key, rest) => ({ type: "scatter", mode: "lines+markers", x: rows.map(({ k }) => k), y: rows.map((row) => row[key]), line: { color: palette.accent, width: 1.5 }, marker: { size: 6, color: palette.accent }, hovertemplate: "k = %{x:,d}: %{y:.1%}<extra></extra>", ...rest });
      return { data: [line("low", { mode: "lines", line: { width: 0 } }), line("high", { mode: "lines", line: { width: 0 }, fill: "tonexty", fillcolor: palette.accentWash }), line("expected", {})], layout: { xaxis: { title: { text: label(say("top.k"), 60) }, type: "log", tickvals: rows.map(({ k }) => k), ticktext: rows.map(({ k }) => FORMATS.count(k)), zeroline: false }, yaxis: { tickformat: ".0%", range: [0, 1.04], title: { text: label(say("top.share"), 60) }, nticks: 6 } } };
    },
    numbers: dataTable({ name: "at-top", caption: say("top.title"), rows, isPlain: true, columns: [column("k", "count", say("top.k")), column("expected", "ratio", say("top.expected")), column("low", "ratio", say("top.low")), column("high", "ratio", say("top.high"))] }),
  });
}
