// Points for each completion by each criterion. Number keys fill one cell after the other.
export class RatingGrid {
  constructor({ item, criteria, scale, answer, changed, name = "rating", isBeside = false }) {
    Object.assign(this, { criteria, changed, name });
    this.labels = item.completions.map((each) => each.label);
    this.points = [];
    for (let point = scale.least; point <= scale.most; point++) this.points.push(point);
    const given = bare((answer && answer.ratings) || {});
    this.cells = criteria.flatMap((criterion) => this.labels.map((label, side) => ({ criterion, side, label, value: (given[criterion.name] || [])[side] ?? null })));
    this.isUnsure = Boolean(answer && answer.unsure);
    this.current = Math.max(this.cells.findIndex((cell) => cell.value === null), 0);
    this.trail = [];
    this.node = element("fieldset", { class: "ratings" },
      element("legend", { class: "question" }, say(isBeside ? "ask.beside" : "ask.rating")),
      (this.told = element("p", { class: "criterion-told", id: name + "-told" })),
      element("div", { class: this.labels.length === 2 && this.points.length <= 5 ? "rating-rows of-two" : "rating-rows" }, this.rowGroups()),
      !isBeside && element("label", { class: "option wide" },
        (this.unsure = element("input", { type: "checkbox", class: "option-input", checked: this.isUnsure, on: { change: () => this.turnUnsure(this.unsure.checked) } })),
        element("span", { class: "option-face" }, say("choice.unsure"), " ", element("kbd", { "aria-hidden": "true" }, "U"))));
    this.look(this.current);
  }

  // Safety stands apart: it is never part of the verdict as a whole.
  rowGroups() {
    const whole = this.criteria.filter((each) => !each.safety);
    const apart = this.criteria.filter((each) => each.safety);
    return [...whole.map((each) => this.row(each)), apart.length && element("p", { class: "apart-note" }, say("rating.apart")), ...apart.map((each) => this.row(each))];
  }

  row(criterion) {
    return element("div", { class: criterion.safety ? "rating-row is-safety" : "rating-row" },
      element("span", { class: "criterion-name", title: criterion.definition, dir: "auto" }, visible(criterion.label)),
      this.cells.filter((cell) => cell.criterion === criterion).map((cell) => this.group(cell)));
  }

  group(cell) {
    const at = this.cells.indexOf(cell);
    cell.inputs = new Map();
    cell.node = element("div", { class: "rating-cell", role: "radiogroup", "aria-label": say("rating.cell", { label: cell.label, criterion: legible(cell.criterion.label) }), "aria-describedby": this.name + "-told", on: { focusin: (event) => event.target.matches(":focus-visible") && this.look(at) } },
      element("span", { class: "letter small", "aria-hidden": "true" }, cell.label),
      this.points.map((point) => {
        const input = element("input", { type: "radio", name: `${this.name}-${at}`, value: point, class: "option-input", checked: cell.value === point, on: { change: () => this.put(at, point, false) } });
        cell.inputs.set(point, input);
        const anchor = cell.criterion.anchors[point];
        return element("label", { class: "option mark-point", title: anchor ? legible(anchor) : null }, input, element("span", { class: "option-face" }, String(point), anchor && span("unseen", ": ", visible(anchor))));
      }));
    return cell.node;
  }

  look(at) {
    this.current = at;
    this.cells.forEach((cell, each) => cell.node.classList.toggle("is-current", each === at));
    const { criterion } = this.cells[at];
    const anchors = Object.entries(criterion.anchors).sort(([a], [b]) => a - b);
    this.told.replaceChildren();
    append(this.told, [element("strong", {}, visible(criterion.label)), criterion.definition && [": ", visible(criterion.definition)],
      anchors.map(([point, meaning]) => span("anchor", element("b", {}, point), " ", visible(meaning)))]);
  }

  put(at, value, goesOn = true) {
    const cell = this.cells[at];
    this.trail.push([at, cell.value]);
    this.set(cell, value);
    this.isUnsure = false;
    if (this.unsure) this.unsure.checked = false;
    this.look(goesOn ? Math.min(at + 1, this.cells.length - 1) : at); // a tap moves nothing before it has landed
    this.cells[this.current].node.scrollIntoView({ block: "nearest" });
    this.changed();
  }

  set(cell, value) {
    cell.value = value;
    for (const [point, input] of cell.inputs) input.checked = point === value;
  }

  turnUnsure(isUnsure) {
    this.isUnsure = isUnsure;
    if (this.unsure) this.unsure.checked = isUnsure;
    this.changed();
  }

  undo() {
    const step = this.trail.pop();
    if (!step) return false;
    this.set(this.cells[step[0]], step[1]);
    this.look(step[0]);
    this.changed();
    return true;
  }

  key(event) {
    const sides = this.labels.length;
    const moves = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -sides, ArrowDown: sides };
    if (/^[0-9]$/.test(event.key)) {
      const point = this.pointOf(Number(event.key));
      if (point !== undefined) this.put(this.current, point);
    } else if (event.key in moves) {
      const to = this.current + moves[event.key];
      if (to < 0 && !this.unsure) return false; // back to the verdict above
      if (to >= 0 && to < this.cells.length) this.look(to);
    } else if (event.key.toLowerCase() === "u" && this.unsure) this.turnUnsure(!this.isUnsure);
    else return false;
    return true;
  }

  // The key of a point: its own digit; on other scales the first key is the lowest point.
  pointOf(digit) {
    const isPlain = this.points[0] >= 0 && this.points[this.points.length - 1] <= 9;
    return isPlain ? this.points.find((point) => point === digit) : this.points[digit - 1];
  }

  get isDone() {
    return this.cells.every((cell) => cell.value !== null);
  }

  read() {
    if (!this.isDone) return this.isUnsure ? { unsure: true } : null;
    const ratings = this.gathered();
    return this.isUnsure ? { ratings, unsure: true } : { ratings };
  }

  gathered() {
    const ratings = bare({});
    for (const cell of this.cells) (ratings[cell.criterion.name] ||= [])[cell.side] = cell.value;
    return ratings;
  }

  // As far as it goes: what the grid is made from again.
  partial() {
    return { ratings: this.gathered(), unsure: this.isUnsure };
  }

  get missing() {
    return say("missing.rating", { n: this.cells.filter((cell) => cell.value === null).length });
  }
}
