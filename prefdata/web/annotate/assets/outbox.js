// Answers on their way to the server. Each is kept by the browser until the server has said that it
// is on the disk; sent again in order after a loss, under the same number, so that none doubles.
const FIRST_WAIT = 1000;
const LONGEST_WAIT = 15_000; // milliseconds between tries

export class Outbox {
  // key: person and project. tell(state): empty, sending, offline, busy, ended. saved(vote, answer),
  // refused(vote, refusal): what became of an answer.
  constructor({ key, send, tell, saved, refused }) {
    Object.assign(this, { key: "prefdata.unsent." + key, send, tell, saved, refused });
    this.kept = null; // the list, where the browser keeps nothing
    this.wait = FIRST_WAIT;
    this.isSending = false;
    this.timer = 0;
    addEventListener("online", () => this.flush());
  }

  list() {
    if (this.kept) return this.kept;
    try {
      const found = JSON.parse(localStorage.getItem(this.key) || "[]");
      return Array.isArray(found) ? found : [];
    } catch {
      return (this.kept = []);
    }
  }

  write(votes) {
    try {
      if (votes.length) localStorage.setItem(this.key, JSON.stringify(votes));
      else localStorage.removeItem(this.key);
      this.kept = null;
    } catch {
      this.kept = votes; // full, or forbidden: it lasts as long as the page
    }
  }

  get isKept() {
    return this.kept === null;
  }

  // An answer that was never sent is replaced by a later one to the same item.
  put(vote) {
    const votes = this.list();
    const at = votes.findIndex((each) => each.item === vote.item && !each.tried);
    if (at >= 0) votes[at] = { ...vote, request: votes[at].request };
    else votes.push({ ...vote, request: uuid() });
    this.write(votes);
  }

  flush({ keep = false } = {}) {
    clearTimeout(this.timer);
    if (!this.isSending) return this.sendAll(keep);
  }

  async sendAll(keep) {
    this.isSending = true;
    try {
      for (let vote = this.list()[0]; vote; vote = this.list()[0]) {
        this.mark(vote.request);
        this.tell("sending");
        if (!(await this.sendOne(vote, keep))) return;
      }
      this.tell("empty");
    } finally {
      this.isSending = false;
    }
  }

  async sendOne(vote, keep) {
    const { tried: _, ...body } = vote;
    let answer;
    try {
      answer = await this.send(body, { keep });
    } catch (refusal) {
      if (!("isPassing" in refusal)) throw refusal;
      return this.failed(vote, refusal);
    }
    this.wait = FIRST_WAIT;
    this.drop(vote.request);
    this.saved(vote, answer);
    return true;
  }

  failed(vote, refusal) {
    if (refusal.isSignedOut) {
      this.tell("ended");
      return false;
    }
    if (refusal.isPassing) {
      this.tell(refusal.status === 0 ? "offline" : "busy", refusal);
      this.timer = setTimeout(() => this.flush(), Math.max(this.wait, 1000 * (refusal.seconds || 0)));
      this.wait = Math.min(2 * this.wait, LONGEST_WAIT);
      return false;
    }
    this.drop(vote.request);
    this.refused(vote, refusal);
    return true;
  }

  mark(request) {
    this.write(this.list().map((each) => (each.request === request ? { ...each, tried: true } : each)));
  }

  drop(request) {
    this.write(this.list().filter((each) => each.request !== request));
  }
}

// crypto.randomUUID is there on secure origins only; a page on a plain address has this.
function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
