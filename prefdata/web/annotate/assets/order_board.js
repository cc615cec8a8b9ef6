// An order of three to eight completions, ties allowed: a board with a slot for each place, on which
// letters are put by number keys, by arrows, by a click, or by dragging.
export class OrderBoard {
  constructor({ item, answer, changed, looked = () => {} }) {
    this.labels = item.completions.map((each) => each.label);
    this.changed = changed;
    this.looked = looked; // the completion that is placed now, so that its text can be shown
    const places = answer && answer.places;
    this.slots = places ? [...places] : this.labels.map(() => null);
    this.isUnsure = Boolean(answer && answer.unsure);
    this.current = Math.max(this.slots.indexOf(null), 0);
    this.last = null; // what was placed last, for ties and undo
    this.trail = [];
    this.node = element("fieldset", { class: "order" },
      element("legend", { class: "question" }, say("ask.ranking")),
      (this.board = element("div", { class: "board" })),
      (this.status = element("p", { class: "unseen", role: "status" })),
      element("label", { class: "option wide" },
        (this.unsure = element("input", { type: "checkbox", class: "option-input", on: { change: () => this.turnUnsure(this.unsure.checked) } })),
        element("span", { class: "option-face" }, say("choice.unsure"), " ", element("kbd", { "aria-hidden": "true" }, "U"))));
    this.board.style.setProperty("--places", this.labels.length);
    this.draw();
  }

  draw() {
    const focused = this.board.contains(document.activeElement) ? document.activeElement.dataset.chip : null;
    this.board.replaceChildren(this.slot(null), ...this.labels.map((_, at) => this.slot(at + 1)));
    this.board.classList.toggle("is-full", !this.slots.includes(null));
    this.unsure.checked = this.isUnsure;
    if (focused !== null) this.board.querySelector(`[data-chip="${focused}"]`)?.focus();
  }

  slot(place) {
    const inside = this.labels.map((_, at) => at).filter((at) => this.slots[at] === place);
    return element("div", { class: place === null ? "slot unplaced" : "slot", "data-slot": place ?? "", role: "group", "aria-label": place === null ? say("order.unplaced") : say("order.place", { place }), on: { click: (event) => event.target.closest(".chip") || this.put(place) } },
      element("span", { class: "slot-name", "aria-hidden": "true" }, place === null ? say("order.unplaced.short") : place === 1 ? say("order.best") : String(place)),
      inside.map((at) => this.chip(at)));
  }

  chip(at) {
    const isCurrent = at === this.current;
    const chip = element("button", { type: "button", class: "chip", "data-chip": at, "aria-pressed": String(isCurrent), "aria-label": say("order.chip", { label: this.labels[at], place: this.slots[at] === null ? say("order.unplaced.short") : this.slots[at] }), on: { click: () => this.look(at) } }, this.labels[at]);
    chip.addEventListener("pointerdown", (event) => this.drag(event, chip, at));
    return chip;
  }

  // Pointer events, for mouse, pen and touch alike. A chip that did not move was clicked.
  drag(event, chip, at) {
    if (event.button) return;
    const from = { x: event.clientX, y: event.clientY };
    let over = null;
    let isMoved = false;
    chip.setPointerCapture(event.pointerId);
    const move = (moved) => {
      const by = { x: moved.clientX - from.x, y: moved.clientY - from.y };
      if (!isMoved && Math.hypot(by.x, by.y) < 6) return;
      isMoved = true;
      chip.classList.add("is-dragged");
      chip.style.setProperty("transform", `translate(${by.x}px, ${by.y}px)`);
      over?.classList.remove("is-over");
      over = document.elementsFromPoint(moved.clientX, moved.clientY).find((each) => each.classList.contains("slot") && this.board.contains(each)) || null;
      over?.classList.add("is-over");
    };
    const end = (ended) => {
      chip.removeEventListener("pointermove", move);
      chip.removeEventListener("pointerup", end);
      chip.removeEventListener("pointercancel", end);
      if (!isMoved) return;
      this.current = at;
      if (ended.type === "pointerup" && over) this.put(over.dataset.slot ? Number(over.dataset.slot) : null);
      else this.draw();
    };
    chip.addEventListener("pointermove", move);
    chip.addEventListener("pointerup", end);
    chip.addEventListener("pointercancel", end);
  }

  look(at) {
    this.current = at;
    this.draw();
    this.looked(at);
  }

  // Puts the current completion on a place, and goes on to the next that has none.
  put(place) {
    const at = this.current;
    this.trail.push([at, this.slots[at]]);
    this.slots[at] = place;
    if (place !== null) this.last = at;
    this.isUnsure = false;
    const next = this.slots.indexOf(null);
    if (place !== null && next >= 0) this.current = next;
    this.draw();
    this.status.textContent = say("order.put", { label: this.labels[at], place: place ?? say("order.unplaced.short") });
    if (place !== null && next >= 0) this.looked(this.current);
    this.changed();
  }

  turnUnsure(isUnsure) {
    this.isUnsure = isUnsure;
    this.draw();
    this.changed();
  }

  undo() {
    const step = this.trail.pop();
    if (!step) return false;
    [this.current, this.slots[step[0]]] = step;
    this.draw();
    this.looked(this.current);
    this.changed();
    return true;
  }

  key(event) {
    const count = this.labels.length;
    const here = this.slots[this.current];
    if (/^[1-9]$/.test(event.key)) {
      if (Number(event.key) <= count) this.put(Number(event.key));
    } else if (event.key === "=" || event.key.toLowerCase() === "t") this.tie();
    else if (event.key.toLowerCase() === "u") this.turnUnsure(!this.isUnsure);
    else if (event.key === "ArrowUp" || event.key === "ArrowDown") this.look((this.current + (event.key === "ArrowUp" ? count - 1 : 1)) % count);
    else if (event.key === "ArrowLeft" || event.key === "ArrowRight") this.step(here === null ? 1 : here + (event.key === "ArrowLeft" ? -1 : 1), count);
    else return false;
    return true;
  }

  // One place better or worse, the same completion.
  step(place, count) {
    const at = this.current;
    this.trail.push([at, this.slots[at]]);
    this.slots[at] = Math.min(Math.max(place, 1), count);
    this.last = at;
    this.isUnsure = false;
    this.draw();
    this.status.textContent = say("order.put", { label: this.labels[at], place: this.slots[at] });
    this.changed();
  }

  // On the same place as what was placed last.
  tie() {
    if (this.last !== null && this.slots[this.last] !== null) this.put(this.slots[this.last]);
  }

  // Places from 1 without gaps, as they are meant: 1, 1, 3 is 1, 1, 2.
  read() {
    if (this.slots.includes(null)) return this.isUnsure ? { unsure: true } : null;
    const used = [...new Set(this.slots)].sort((a, b) => a - b);
    const places = { places: this.slots.map((slot) => used.indexOf(slot) + 1) };
    return this.isUnsure ? { ...places, unsure: true } : places;
  }

  // As far as it goes: what the board is made from again.
  partial() {
    return { places: [...this.slots], unsure: this.isUnsure };
  }

  get missing() {
    return say("missing.ranking", { n: this.slots.filter((slot) => slot === null).length });
  }
}
