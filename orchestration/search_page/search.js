// Asks the server and shows what it answers. Whatever comes from documents is set as text, never as markup.
"use strict";

const SEVERAL = ["department", "tag", "language"];
const USUAL = { k: "10", recency: "0", popularity: "0" };
const byId = (id) => document.getElementById(id);
const form = byId("form");
let current = null;

function element(name, { text, kind, ...attributes } = {}, ...children) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (kind) made.className = kind;
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  made.append(...children.filter((child) => child !== null));
  return made;
}

// What the form asks for, without what is as usual.
function asked() {
  const parameters = new URLSearchParams();
  for (const [name, given] of new FormData(form)) {
    const values = SEVERAL.includes(name) ? given.split(";") : [given];
    for (const value of values.map((part) => part.trim())) {
      if (value && value !== USUAL[name]) parameters.append(name, value);
    }
  }
  return parameters;
}

function fill(parameters) {
  form.reset();
  for (const name of new Set(parameters.keys())) {
    const field = form.elements.namedItem(name);
    if (field instanceof HTMLInputElement) field.value = parameters.getAll(name).join("; ");
  }
}

async function search() {
  current?.abort();
  const mine = (current = new AbortController());
  clear("Searching…");
  byId("results").setAttribute("aria-busy", "true");
  try {
    const response = await fetch(`/search?${asked()}`, { signal: mine.signal });
    const answer = await response.json();
    if (mine.signal.aborted) return;
    response.ok ? show(answer) : refuse(answer);
  } catch (error) {
    if (error.name !== "AbortError") refuse(NO_ANSWER);
  } finally {
    if (current === mine) byId("results").removeAttribute("aria-busy");
  }
}

const NO_ANSWER = { title: "No answer", detail: "The server does not answer.", advice: "See whether it still runs, then search again." };

function clear(said) {
  byId("status").textContent = said;
  byId("problem").hidden = true;
  byId("how").hidden = true;
  byId("results").replaceChildren();
}

function refuse(problem) {
  clear("");
  const box = byId("problem");
  box.replaceChildren(
    element("strong", { text: problem.title ?? "Problem" }),
    element("p", { text: problem.detail ?? "" }),
    element("p", { text: problem.advice ?? "" }),
  );
  box.hidden = false;
}

function show(answer) {
  const found = answer.results.length;
  const counted = found === 1 ? "1 document" : `${found} documents`;
  const passages = answer.matches.toLocaleString("en");
  clear(found ? `${counted} found, among ${passages} passages.` : `Nothing found among ${passages} passages. Ask in other words, or restrict the search less.`);
  byId("results").replaceChildren(...answer.results.map((result) => card(result, answer.query_id)));
  const how = byId("how");
  how.textContent =
    `Meaning: ${answer.vector_plan}. Words: ${answer.text_plan}. Model ${answer.model_version}, ` +
    `generation ${answer.generation_id}, ${(answer.seconds * 1000).toFixed(0)} ms.`;
  how.hidden = false;
}

function card(result, query) {
  const facts = [
    result.department, result.created_date, result.page === null ? null : `page ${result.page}`,
    result.tags.length ? result.tags.join(", ") : null, result.language,
  ].filter((fact) => fact !== null);
  return element(
    "li", { "data-document": result.document_id },
    element("h2", { text: `${result.rank}. ${result.title}` }),
    result.heading === null ? null : element("p", { text: result.heading, kind: "about" }),
    facts.length ? element("p", { text: facts.join(" · "), kind: "about" }) : null,
    element("p", { kind: "passage" }, ...highlighted(result.passage, result.highlights)),
    result.more_passages ? element("p", { text: `${result.more_passages} more passages of this document fit.`, kind: "about" }) : null,
    place(result.link),
    feedback(query, result),
    why(result),
  );
}

// Places are counted in characters, which JavaScript has in one or two units each.
function highlighted(passage, highlights) {
  const characters = Array.from(passage);
  const parts = [];
  let at = 0;
  for (const [start, end] of highlights) {
    parts.push(characters.slice(at, start).join(""), element("mark", { text: characters.slice(start, end).join("") }));
    at = end;
  }
  return [...parts, characters.slice(at).join("")];
}

function place(link) {
  if (/^https?:\/\//i.test(link)) {
    return element("p", { kind: "about" }, element("a", { text: link, href: link, target: "_blank", rel: "noopener noreferrer" }));
  }
  const copy = element("button", { text: "Copy", type: "button", "aria-label": `Copy ${link}` });
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(link);
      copy.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(copy.previousElementSibling);
    }
  });
  return element("p", { kind: "row" }, element("code", { text: link }), copy);
}

function feedback(query, result) {
  const said = element("span", { role: "status" });
  const buttons = [["Useful", true], ["Not useful", false]].map(([text, useful]) => {
    const button = element("button", { text, type: "button", "aria-pressed": "false", "aria-label": `${text}: ${result.title}` });
    button.addEventListener("click", () => vote(button, { query_id: query, document_id: result.document_id, useful }));
    return button;
  });
  async function vote(button, body) {
    buttons.forEach((other) => (other.disabled = true));
    try {
      const response = await fetch("/feedback", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
      if (response.ok) buttons.forEach((other) => other.setAttribute("aria-pressed", String(other === button)));
      said.textContent = response.ok ? "Thank you." : `Not recorded: ${(await response.json()).detail}`;
    } catch {
      said.textContent = "Not recorded: the server does not answer.";
    }
    buttons.forEach((other) => (other.disabled = false));
    button.focus();
  }
  return element("div", { kind: "row", role: "group", "aria-label": "Was this useful?" }, ...buttons, said);
}

function why(result) {
  const number = (value, digits = 3) => (value === null ? "unknown" : value.toFixed(digits));
  const ranked = (rank) => (rank === null ? "" : ` (place ${rank})`);
  const parts = result.components;
  const rows = [
    ["Score", number(result.score)],
    ["Relevance", number(parts.relevance)],
    ["Meaning", parts.dense === null ? "not compared" : number(parts.dense) + ranked(parts.dense_rank)],
    ["Words", parts.lexical === null ? "not found by them" : number(parts.lexical, 2) + ranked(parts.lexical_rank)],
    ["Recency", parts.recency === null ? "date unknown" : number(parts.recency)],
    ["Popularity", parts.popularity === null ? "no votes" : number(parts.popularity)],
  ];
  const list = element("dl", {}, ...rows.flatMap(([name, value]) => [element("dt", { text: name }), element("dd", { text: value })]));
  return element("details", {}, element("summary", { text: `Why here: score ${number(result.score)}` }), list);
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  history.pushState(null, "", `/?${asked()}`);
  search();
});

function takeUp() {
  const parameters = new URLSearchParams(location.search);
  fill(parameters);
  if (parameters.has("q")) search();
  else clear("");
}
addEventListener("popstate", takeUp);
takeUp();
if (matchMedia("(max-width: 40rem)").matches) byId("more").open = [...asked().keys()].some((name) => name !== "q");
