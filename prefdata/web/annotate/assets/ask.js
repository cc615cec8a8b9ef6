// Asks the server. Whatever goes wrong is a Refusal with a status, a code and a sentence.
const PREFIX = document.documentElement.dataset.prefix;
const PATIENCE = 30_000; // milliseconds until a request counts as lost

let token = "";

export class Refusal extends Error {
  constructor(status, code, sentence, seconds) {
    super(sentence);
    Object.assign(this, { status, code, seconds });
  }

  // Nothing reached the server, or it cannot take anything now: worth another try.
  get isPassing() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }

  get isSignedOut() {
    return this.status === 401 || this.code === "csrf";
  }
}

// GET, or POST where there is a body. `keep`: the request outlives the page.
export async function ask(path, body, { keep = false } = {}) {
  const headers = { "accept-language": choice.language, accept: "application/json" };
  if (body !== undefined) Object.assign(headers, { "content-type": "application/json", "x-csrf-token": token });
  let response;
  try {
    response = await fetch(`${PREFIX}/api/${path}`, {
      method: body === undefined ? "GET" : "POST",
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      keepalive: keep,
      signal: AbortSignal.timeout(PATIENCE),
    });
    if (response.ok) return await response.json();
  } catch {
    throw new Refusal(0, "offline", say("state.offline"));
  }
  throw await refusalOf(response);
}

async function refusalOf(response) {
  const told = await response.json().catch(() => ({}));
  const seconds = Number(response.headers.get("retry-after")) || null;
  return new Refusal(response.status, told.code || "", told.error || say("error.status", { status: response.status }), seconds);
}

// Who is signed in. What it answers holds the token that each POST has to bring.
export async function whoIsThere() {
  const me = await ask("me");
  token = me.csrf;
  return me;
}

export const address = (path) => `${PREFIX}/${path}`;
export const leave = () => fetch(`${PREFIX}/leave`, { method: "POST", headers: { "x-csrf-token": token } });

// The strings of the page, once, before anything is drawn.
export async function loadWords() {
  Object.assign(WORDS, await (await fetch(document.documentElement.dataset.words)).json());
}
