// Where rows went, and how long texts are.
const MOST_SOURCES = 10; // more than a flow diagram can show: the rest is joined, the table has all

function flowLinks() {
  const links = [];
  const sources = REPORT.sources.map((source, index) => ({ name: source.name, path: ["sources", index, "counts", "read"], read: source.counts.read }));
  const shownSources = sources.length > MOST_SOURCES ? sources.slice().sort((a, b) => b.read - a.read).slice(0, MOST_SOURCES - 1) : sources;
  const rest = sources.reduce((total, { read }) => total + read, 0) - shownSources.reduce((total, { read }) => total + read, 0);
  for (const { name, read, path } of shownSources) links.push({ from: "source:" + name, to: "read", rows: read, path, fromName: name });
  if (rest > 0) links.push({ from: "sources:rest", to: "read", rows: rest, fromName: say("flow.rest", { n: FORMATS.count(sources.length - shownSources.length) }) });
  const out = (kind, name, rows, path) => rows > 0 && links.push({ from: "read", to: kind, rows, path, toName: name });
  out("kept", null, REPORT.counts.kept, ["counts", "kept"]);
  for (const code of keysByCount(REPORT.counts.dropped)) out("dropped:" + code, code, REPORT.counts.dropped[code], ["counts", "dropped", code]);
  out("quarantined", null, REPORT.counts.quarantined, ["counts", "quarantined"]);
  for (const split of keysByCount(REPORT.counts.splits)) {
    const rows = REPORT.counts.splits[split];
    if (rows > 0) links.push({ from: "kept", to: "split:" + split, rows, path: ["counts", "splits", split], toName: split });
  }
  return links;
}

function flowChart() {
  const links = flowLinks();
  const endName = (link, end) => {
    if (link[end + "Name"]) return link[end + "Name"];
    return say({ read: "read", kept: "kept", quarantined: "quarantined" }[link[end]]);
  };
  const numbers = dataTable({
    name: "flow", caption: say("flow.numbers"), rows: links, isPlain: true,
    columns: [
      { key: "from", title: say("flow.from"), value: (link) => endName(link, "from"), cell: (link) => word(endName(link, "from")) },
      { key: "to", title: say("flow.to"), value: (link) => endName(link, "to"), cell: (link) => word(endName(link, "to")) },
      { key: "rows", title: say("rows"), isNumber: true, value: (link) => link.rows, cell: (link) => (link.path ? shown(link.path) : derived("flow.rest", link.rows)) },
    ],
  });
  const dropped = sum(REPORT.counts.dropped);
  return chart({
    name: "flow", title: say("flow.title"), height: 360,
    summary: say("flow.summary", { read: FORMATS.count(REPORT.counts.read), kept: FORMATS.count(REPORT.counts.kept), dropped: FORMATS.count(dropped), quarantined: FORMATS.count(REPORT.counts.quarantined) }),
    figure: (palette, width) => flowFigure(links, endName, palette, width), numbers,
  });
}

function flowFigure(links, endName, palette, width) {
  const nodes = [];
  const known = new Map();
  const isNarrow = width < 560;
  const nodeOf = (key, name, column) => {
    if (!known.has(key)) known.set(key, nodes.push({ key, name, column }) - 1);
    return known.get(key);
  };
  const columnOf = (key) => (key.startsWith("source") ? 0 : key === "read" ? 1 : key.startsWith("split:") ? 3 : 2);
  const ends = links.map((link) => ({ source: nodeOf(link.from, endName(link, "from"), columnOf(link.from)), target: nodeOf(link.to, endName(link, "to"), columnOf(link.to)), value: link.rows }));
  const rowsOf = (index) => Math.max(...[["source", "target"], ["target", "source"]].map(([end]) => ends.filter((link) => link[end] === index).reduce((total, link) => total + link.value, 0)));
  const tone = (key) => (key.startsWith("dropped:") || key === "quarantined" ? palette.warm : key === "kept" || key.startsWith("split:") ? palette.accent : palette.faint);
  const wash = (key) => (key.startsWith("dropped:") || key === "quarantined" ? palette.warmWash : key === "kept" || key.startsWith("split:") ? palette.accentWash : palette.wash);
  const longest = isNarrow ? 13 : 30;
  const margin = 12;
  const pad = isNarrow ? 30 : 20;
  const sizes = columnSizes(nodes);
  const height = isNarrow ? Math.max(320, 2 * margin + (pad * (sizes[2] + sizes[3])) / 0.55) : Math.max(300, 60 + 46 * Math.max(...sizes));
  const inner = height - 2 * margin;
  // Plotly scales heights by the room that its pad leaves: on a phone, more of it is set aside, so
  // that what was dropped stands below the splits and their names do not meet
  const scalePad = isNarrow ? (0.55 * inner) / Math.max(...sizes.map((size) => size - 1), 1) : pad;
  const places = placed(nodes, nodes.map((_, index) => rowsOf(index)), inner, pad, { scalePad, isNarrow });
  const data = [{
    type: "sankey", orientation: "h", arrangement: "fixed",
    node: {
      label: nodes.map((node, index) => `${label(node.name, longest)}${isNarrow ? "<br>" : "  "}${FORMATS.count(rowsOf(index))}`),
      color: nodes.map((node) => tone(node.key)), line: { width: 0 }, pad: scalePad, thickness: isNarrow ? 8 : 12, align: "left", ...places,
      hovertemplate: "%{label}<extra></extra>",
    },
    link: { ...Object.fromEntries(["source", "target", "value"].map((key) => [key, ends.map((link) => link[key])])), color: links.map((link) => wash(link.to)), hovertemplate: "%{source.label} → %{target.label}: %{value:,d}<extra></extra>" },
    textfont: { size: isNarrow ? 11 : 13, color: palette.ink, shadow: "none" },
  }];
  return { data, layout: { height, margin: { l: 4, r: 4, t: margin, b: margin } } };
}

const columnSizes = (nodes) => [0, 1, 2, 3].map((column) => nodes.filter((node) => node.column === column).length);

// Where nodes stand, from the top of each column downwards. Plotly's own layout lets thin nodes
// slip below the edge; heights are scaled as it scales them.
function placed(nodes, rows, height, pad, { scalePad, isNarrow }) {
  const totals = [0, 1, 2, 3].map((column) => rows.reduce((total, value, index) => total + (nodes[index].column === column ? value : 0), 0));
  const scale = Math.min(...columnSizes(nodes).map((size, column) => (size ? (height - (size - 1) * scalePad) / totals[column] : Infinity)));
  const next = [0, 0, 0, 0];
  const last = Math.max(...nodes.map(({ column }) => column));
  const made = { x: [], y: [] };
  let below = 0;
  nodes.forEach(({ column }, index) => {
    const own = rows[index] * scale;
    if (isNarrow && column === 2 && next[2] && !below) below = next[2] = Math.max(next[2], totals[3] * scale + columnSizes(nodes)[3] * pad);
    made.x.push(Math.min(Math.max(column / last, 0.001), 0.999));
    made.y.push(Math.min(Math.max((next[column] + own / 2) / height, 0.001), 0.999));
    next[column] += own + pad;
  });
  return made;
}

// Histograms as steps, so that several can lie over one another.
function steps(histogram) {
  const x = [histogram.edges[0]];
  const y = [0];
  histogram.counts.forEach((count, index) => {
    x.push(histogram.edges[index], histogram.edges[index + 1]);
    y.push(count, count);
  });
  return { x: [...x, histogram.edges[histogram.edges.length - 1]], y: [...y, 0] };
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
  return chart({
    name: "lengths", title: say("length.title"), height: 280, summary: middles.join(say("list.semicolon")), note: middles.join(say("list.semicolon")),
    figure: (palette) => {
      const style = bare({ prompt: [palette.faint, "dot"], chosen: [palette.accent, "solid"], rejected: [palette.warm, "dash"] });
      const isWide = REPORT.lengths.every(({ edges }) => edges[0] >= 0) && REPORT.lengths.some(({ edges }) => edges[edges.length - 1] > 200);
      const data = REPORT.lengths.map((histogram) => {
        const [color, dash] = style[histogram.name] || [palette.soft, "solid"];
        const { x, y } = steps(histogram);
        return { type: "scatter", mode: "lines", name: label(plainName("length", histogram.name)), x: isWide ? x.map((value) => Math.max(value, 1)) : x, y, line: { color, dash, width: 2 }, hovertemplate: "%{x:,.0f}: %{y:,d}<extra>%{fullData.name}</extra>" };
      });
      return { data, layout: { showlegend: true, legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom" }, xaxis: { type: isWide ? "log" : "linear", title: { text: label(say("characters")) }, dtick: isWide ? 1 : undefined, tickformat: ",d" }, yaxis: { title: { text: label(say("rows")) }, rangemode: "tozero", nticks: 5 } } };
    },
    numbers: histogramTable("length-numbers", say("length.title"), paths, named),
  });
}
