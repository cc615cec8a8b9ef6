// HTML that the server made of Markdown, as nodes. It is parsed where nothing runs and nothing
// loads, and rebuilt from a list of what may be: another guard behind the server's, not instead.
const ALLOWED = new Set("p br hr strong em s del code pre blockquote ul ol li table thead tbody tr th td span".split(" "));
const CLASSES = new Set(["link", "image", "address", "as-written", "align-left", "align-center", "align-right"]);
const HEADING = /^h[1-6]$/;

export function safeNodes(html) {
  const box = document.createElement("template");
  box.innerHTML = html;
  return rebuilt(box.content.childNodes);
}

function rebuilt(nodes) {
  return [...nodes].flatMap((node) => {
    if (node.nodeType === Node.TEXT_NODE) return [document.createTextNode(node.data)];
    if (node.nodeType !== Node.ELEMENT_NODE) return [];
    return rebuiltElement(node);
  });
}

function rebuiltElement(node) {
  const name = node.localName;
  const inner = rebuilt(node.childNodes);
  if (name === "a") return [linkOf(node, inner)];
  // headings of a text are not headings of the page
  if (HEADING.test(name)) return [element("p", { class: "text-heading " + name }, inner)];
  if (!ALLOWED.has(name)) return [];
  const made = element(name, { class: CLASSES.has(node.className) ? node.className : null, dir: name === "p" || name === "li" || name === "blockquote" ? "auto" : null }, inner);
  if (name === "ol" && /^\d{1,9}$/.test(node.getAttribute("start") || "")) made.setAttribute("start", node.getAttribute("start"));
  return [name === "table" ? element("div", { class: "table-box" }, made) : made];
}

function linkOf(node, inner) {
  const href = node.getAttribute("href") || "";
  if (!/^https?:\/\//i.test(href)) return span("link", inner);
  return element("a", { href, target: "_blank", rel: "noopener noreferrer nofollow" }, inner);
}
