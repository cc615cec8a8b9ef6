// Texts of rows: whole, side by side, with differing words marked.
function textBlock(title, text, content, name = "") {
  const rest = text.characters - text.text.length;
  return element(
    "section",
    { class: "text " + name, "aria-label": title },
    element("h5", {}, title, span("text-size", say("text.characters", { n: FORMATS.count(text.characters) }))),
    element("div", { class: "text-body", dir: "auto" }, content),
    text.is_cut && element("p", { class: "text-cut" }, say("text.cut", { n: FORMATS.count(Math.max(rest, 0)) })),
  );
}

const whole = (text) => (text.text ? visible(text.text) : span("absent", say("text.empty")));

const ALIKE = 0.3; // of the longer text's characters, in common with the other

// Two texts as runs where they are alike enough for differences to mean something; else null.
function alikeRuns(left, right) {
  const { left: one, right: other, isUnlike } = wordsApart(left.text, right.text);
  const common = one.reduce((total, run) => total + (run.isCommon ? run.text.length : 0), 0);
  return isUnlike || common < ALIKE * Math.max(left.text.length, right.text.length) ? null : { left: one, right: other };
}

const NO_MARKS = { left: null, right: null };
const marksOf = (left, right) => (choice.marks && alikeRuns(left, right)) || NO_MARKS;

function marked(parts, side, text) {
  if (!text.text || !parts) return whole(text);
  return parts.map((run) =>
    run.isCommon || !run.text.trim() ? visible(run.text) : element("mark", { class: side }, visible(run.text)),
  );
}

// A prompt over its two completions. Long ones are folded until they are asked for.
function textsOf(texts) {
  const found = marksOf(texts.chosen, texts.rejected);
  return folded(
    textBlock(say("prompt"), texts.prompt, whole(texts.prompt), "prompt"),
    element(
      "div",
      { class: "sides" },
      textBlock(say("chosen"), texts.chosen, marked(found.left, "chosen", texts.chosen), "chosen"),
      textBlock(say("rejected"), texts.rejected, marked(found.right, "rejected", texts.rejected), "rejected"),
    ),
  );
}

const LONG = 600; // characters beyond which a text is folded

function folded(...blocks) {
  const box = element("div", { class: "texts" }, blocks);
  const bodies = [...box.querySelectorAll(".text-body")];
  const isLong = (body) => body.textContent.length > (body.closest(".prompt") ? LONG / 2 : LONG) || body.textContent.split("\n").length > 8;
  for (const body of bodies) body.classList.toggle("is-short", !isLong(body));
  if (!bodies.some(isLong)) return box;
  box.classList.add("is-folded");
  const button = element("button", {
    type: "button",
    class: "fold control",
    "aria-expanded": "false",
    on: { click: () => turn(box.classList.contains("is-folded")) },
  });
  function turn(open) {
    box.classList.toggle("is-folded", !open);
    button.setAttribute("aria-expanded", String(open));
    button.textContent = say(open ? "text.less" : "text.more");
  }
  turn(choice.printing);
  box.append(button);
  return box;
}

// A row stands in a line of its source, and is called by that everywhere.
const placeText = ({ source, source_row: line }) => `${source}:${line}`;
const placeOf = (place) => span("place", word(placeText(place), "code"));
const placeKey = ({ source, source_row: line }) => `${source}:${String(line).padStart(12, "0")}`;

// What a verdict rests on, in the reader's language; it may quote texts of the data.
const evidenceOf = (text) => text && span("evidence", element("bdi", {}, told(text)));

// A row that something is said of: its place, the evidence, and its texts or what stood there.
function exampleBlock(example) {
  return element(
    "div",
    { class: "example" },
    element("p", { class: "example-head" }, placeOf(example.place), evidenceOf(example.evidence)),
    example.texts && textsOf(example.texts),
    example.raw && folded(textBlock(say("raw"), example.raw, whole(example.raw), "raw")),
  );
}
