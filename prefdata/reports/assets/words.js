// The strings of the page, in the reader's language.
function say(key, values = {}) {
  const known = WORDS[key];
  if (!known) throw new Error("no words for " + key);
  return known[LANGUAGES.indexOf(choice.language)].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

// The same where values are nodes: a list of strings and nodes.
function sentence(key, values = {}) {
  return say(key, new Proxy({}, { get: (_, name) => `\u0001${String(name)}\u0001` }))
    .split("\u0001")
    .map((part, at) => (at % 2 ? values[part] : part));
}

// A name that the program gives (a class, a view), or one that the page does not know: as it is.
function nameOf(kind, name, mark = "") {
  return WORDS[`${kind}.${name}`] ? say(`${kind}.${name}`) : word(name, mark);
}

const plainName = (kind, name) => (WORDS[`${kind}.${name}`] ? say(`${kind}.${name}`) : name);

// A sentence of the report, rows named by their lines: in Chinese where it came with a code and
// values.
function toldText(text) {
  return (choice.language === "zh" && CHINESE.sentences[text]) || CHINESE.placed[text] || text;
}

function told(text) {
  const isChinese = choice.language === "zh" && CHINESE.sentences[text];
  return isChinese ? visible(toldText(text)) : element("bdi", { lang: "en" }, visible(toldText(text)));
}

function ruleSays(code, english, at = 0) {
  const known = CHINESE.rules[code];
  if (choice.language === "zh" && known) return known[at];
  return element("bdi", { lang: "en" }, visible(english));
}

function reasonSays(code) {
  const known = CHINESE.reasons[code];
  return known ? known[LANGUAGES.indexOf(choice.language)] : code;
}

const betweenSentences = () => (choice.language === "zh" ? "" : " ");

const listed = (parts) => {
  const made = [];
  parts.forEach((part, at) => {
    if (at) made.push(say("list.comma"));
    made.push(part);
  });
  return made;
};
