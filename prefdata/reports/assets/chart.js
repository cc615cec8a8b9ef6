// Charts: plain SVG in the colours of the style sheet, drawn anew where their width changes.
const drawn = new Set(); // charts that are on the page
const widths = new ResizeObserver((entries) => {
  const changed = entries.map(({ target }) => target);
  // not within the observer's turn: a chart that changes its height would call it again
  requestAnimationFrame(() => changed.forEach(draw));
});

// {name, title, summary: what it shows in a sentence, note, figure: width => nodes, numbers: a
// table of what it shows}
function chart({ name, title, summary, note, figure, numbers }) {
  const place = element("div", { class: "chart", role: "img", "aria-label": legible(`${title}. ${summary}`), "data-chart": name });
  place.figure = figure;
  drawn.add(place);
  return element(
    "figure",
    {},
    element("figcaption", {}, span("figure-title", title), note && span("figure-note", visible(note))),
    place,
    element("details", { class: "chart-numbers" }, element("summary", {}, say("chart.numbers")), numbers),
  );
}

function draw(place) {
  const width = Math.max(Math.floor(place.clientWidth), 240);
  if (!drawn.has(place) || place.drawnWidth === width) return;
  place.drawnWidth = width;
  place.replaceChildren();
  append(place, [place.figure(width)]);
}

function drawCharts() {
  for (const place of drawn) {
    draw(place);
    widths.observe(place);
  }
}

function forgetCharts() {
  widths.disconnect();
  drawn.clear();
}

// An element of a drawing. Texts of the data go into text nodes here too.
function shape(tag, properties, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [key, value] of Object.entries(properties || {})) if (value !== null && value !== undefined) made.setAttribute(key, value);
  return append(made, children);
}

// `hint` is shown where the pointer rests.
const hinted = (hint, tag, properties) => shape(tag, properties, shape("title", {}, hint));
const canvas = (width, height, ...content) => shape("svg", { viewBox: `0 0 ${width} ${height}`, width: "100%", class: "drawing", "aria-hidden": "true" }, content);
const writing = (x, y, name, text, anchor = "start") => shape("text", { x, y, class: name, "text-anchor": anchor }, text);
const straight = (x1, y1, x2, y2, name) => shape("line", { x1, y1, x2, y2, class: name });

// A name of the data, as short as a drawing needs it.
function label(text, longest = 28) {
  const characters = [...text.replace(HIDDEN, "\u00b7").replace(/\s+/g, " ")];
  return characters.length > longest ? characters.slice(0, longest - 1).join("") + "…" : characters.join("");
}

// The same of a path, whose end tells more than its beginning.
function endLabel(text, longest) {
  const characters = [...label(text, 4000)];
  return characters.length > longest ? "…" + characters.slice(1 - longest).join("") : characters.join("");
}

// About how wide a text is in a drawing, in pixels: Chinese characters are twice as wide.
const textWidth = (text, size = 13) => [...text].reduce((total, mark) => total + (mark.codePointAt(0) > 0x2e7f ? 1 : 0.58), 0) * size;

// An axis {from, to, isLog}: where a value stands between two places.
function scaleOf({ from, to, isLog }, start, end) {
  const of = isLog ? Math.log10 : (value) => value;
  return (value) => start + ((end - start) * (of(value) - of(from))) / (of(to) - of(from) || 1);
}

// At most so many round values of an axis.
function ticksOf({ from, to, isLog }, most) {
  const found = [];
  if (isLog) {
    for (let power = Math.ceil(Math.log10(from)); 10 ** power <= to; power++) found.push(10 ** power);
    return found;
  }
  const rough = (to - from) / most || 1;
  const ten = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((times) => times * ten >= rough) * ten;
  for (let times = Math.ceil(from / step - 1e-9); times * step <= to + 1e-9 * step; times++) found.push(times * step || 0); // and not -0
  return found;
}

// A plot with two axes {from, to, isLog, format, title}; `layers` draw into it by its two scales.
function plot({ width, height, x, y, layers }) {
  const upTicks = ticksOf(y, 5);
  const left = Math.max(...upTicks.map((tick) => textWidth(y.format(tick), 12))) + 12;
  const [top, bottom, right] = [26, height - 44, width - 18];
  const across = scaleOf(x, left, right);
  const up = scaleOf(y, bottom, top);
  return canvas(width, height,
    writing(0, 12, "axis-title", y.title),
    upTicks.map((tick) => [straight(left, up(tick), right, up(tick), "grid"), writing(left - 8, up(tick) + 4, "tick", y.format(tick), "end")]),
    ticksOf(x, width < 480 ? 5 : 8).map((tick) => [straight(across(tick), bottom, across(tick), bottom + 4, "axis"), writing(across(tick), bottom + 18, "tick", x.format(tick), "middle")]),
    straight(left, bottom, right, bottom, "axis"),
    writing((left + right) / 2, height - 6, "axis-title", x.title, "middle"),
    layers(across, up));
}

const pathOf = (points) => "M" + points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L");

// Which line is which: [{name, tone}].
const legend = (lines) => element("ul", { class: "legend" }, lines.map(({ name, tone }) =>
  element("li", {}, shape("svg", { width: 26, height: 10, "aria-hidden": "true" }, straight(0, 5, 26, 5, "line " + tone)), " ", name)));
