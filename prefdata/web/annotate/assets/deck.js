// The items of one person: those that wait, the one that is shown, those that were.
const AHEAD = 2; // items that wait, so that what was seen stays while the next loads
const EARLIER = 20; // votes asked for at once

export class Deck {
  // ask(path): the server. unsent(): items whose answers are still on their way.
  constructor({ ask, unsent }) {
    Object.assign(this, { ask, unsent });
    this.items = new Map();
    this.queue = [];
    this.trail = [];
    this.at = -1;
    this.state = "judge"; // or done, paused, waiting, as the server said; or offline
    this.filling = null;
    this.before = null; // the earliest vote that was asked for
  }

  get current() {
    return this.at >= 0 && this.at < this.trail.length ? this.items.get(this.trail[this.at]) : null;
  }

  get isLooking() {
    return this.at < this.trail.length - 1;
  }

  // Fetches what lacks. Throws what the server refuses.
  fill() {
    if (this.queue.length >= AHEAD) return Promise.resolve();
    this.filling ||= this.fetch().finally(() => (this.filling = null));
    return this.filling;
  }

  async fetch() {
    const open = this.trail.filter((id) => !this.items.get(id).isAnswered);
    const skip = [...new Set([...this.queue, ...open, ...this.unsent()])].join(",");
    const told = await this.ask(`next?count=${AHEAD + 1 - this.queue.length}${skip ? "&skip=" + skip : ""}`);
    this.state = told.state;
    for (const item of told.items) {
      if (this.queue.includes(item.id) || this.trail.includes(item.id)) continue;
      this.items.set(item.id, item);
      this.queue.push(item.id);
    }
  }

  // The next item, or null where none waits.
  forward() {
    if (this.isLooking) this.at += 1;
    else if (this.queue.length) {
      this.trail.push(this.queue.shift());
      this.at = this.trail.length - 1;
    } else this.at = this.trail.length;
    return this.current;
  }

  // The item before; from earlier sittings, too. Null at the very first.
  async back() {
    if (this.at > 0) {
      this.at -= 1;
      return this.current;
    }
    const id = await this.earlier();
    return id === null ? null : this.open(id);
  }

  async earlier() {
    for (;;) {
      const { votes } = await this.ask(`mine?count=${EARLIER}${this.before === null ? "" : "&before=" + this.before}`);
      for (const vote of votes) {
        this.before = vote.seq;
        if (!this.trail.includes(vote.item)) return vote.item;
      }
      if (votes.length < EARLIER) return null;
    }
  }

  // An item that was answered once; it comes before what is open.
  async open(id) {
    const known = this.trail.indexOf(id);
    if (known >= 0) {
      this.at = known;
      return this.current;
    }
    const item = await this.ask("item/" + id);
    item.isAnswered = true;
    this.items.set(id, item);
    const place = Math.max(this.at, 0);
    this.trail.splice(Math.min(place, this.trail.length), 0, id);
    this.at = Math.min(place, this.trail.length - 1);
    return item;
  }

  // An item whose answer was not taken: unless it is open, it comes again if it is still wanted.
  forget(id) {
    const place = this.trail.indexOf(id);
    if (place < 0) return;
    this.items.get(id).isAnswered = false;
    if (place === this.at) return;
    this.trail.splice(place, 1);
    if (place < this.at) this.at -= 1;
  }
}
