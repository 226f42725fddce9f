// Shows what is doubtful and saves what is said of it. Whatever comes from invoices is set as text, never as markup.
"use strict";

const byId = (id) => document.getElementById(id);
const named = (name) => name.replace("risk:", "risk: ").replaceAll("_", " ");
let queue = [];
let shown = null;
let current = 0;

function element(name, { text, kind, ...attributes } = {}, ...children) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (kind) made.className = kind;
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  made.append(...children.filter((child) => child !== null));
  return made;
}

const NO_ANSWER = { title: "No answer", detail: "The server does not answer.", advice: "See whether it still runs, then try again." };

async function ask(path, body) {
  const sent = body ? { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) } : {};
  let response;
  let answer;
  try {
    response = await fetch(path, sent);
    answer = await response.json();
  } catch {
    return { failure: NO_ANSWER };
  }
  return response.ok ? { answer } : { failure: answer, status: response.status };
}

function tell(problem) {
  const box = byId("problem");
  box.hidden = problem === null;
  if (problem === null) return;
  box.replaceChildren(
    element("strong", { text: problem.title ?? "Problem" }),
    element("p", { text: problem.detail ?? "" }),
    element("p", { text: problem.advice ?? "" }),
  );
}

async function load(invoice) {
  const { answer, failure } = await ask("/queue");
  if (failure) return tell(failure);
  queue = answer;
  const doubts = queue.reduce((sum, one) => sum + one.doubts.length, 0);
  byId("status").textContent = queue.length ? `${queue.length} ${queue.length === 1 ? "invoice waits" : "invoices wait"}, ${doubts} doubts.` : "Nothing waits: every invoice is accepted.";
  byId("queue").replaceChildren(...queue.map(entry));
  const wanted = invoice ?? new URLSearchParams(location.search).get("invoice");
  const next = queue.find((one) => one.invoice_id === wanted) ?? queue[0];
  if (next) await open(next.invoice_id);
  else clear();
}

function entry(one) {
  const button = element(
    "button", { type: "button", "data-invoice": one.invoice_id },
    element("strong", { text: one.seller ?? one.source_key }),
    element("br"),
    element("span", { text: [one.invoice_number, one.total].filter((part) => part !== null).join(" · ") || "nothing known" }),
    element("span", { kind: "about", text: ` ${one.doubts.length} open` }),
  );
  button.addEventListener("click", () => open(one.invoice_id));
  return element("li", {}, button);
}

function clear() {
  shown = null;
  byId("fields").replaceChildren();
  byId("pages").replaceChildren();
}

async function open(invoice) {
  const { answer, failure } = await ask(`/invoices/${invoice}`);
  if (failure) return tell(failure);
  tell(null);
  shown = answer;
  history.replaceState(null, "", `/?invoice=${invoice}`);
  for (const button of document.querySelectorAll("#queue button")) button.setAttribute("aria-current", String(button.dataset.invoice === invoice));
  draw();
  choose(0, false);
}

function draw() {
  byId("fields").replaceChildren(
    element("h2", { text: shown.source_key }),
    ...shown.checks.map((says) => element("p", { kind: "problem", text: `The amounts do not agree: ${says}` })),
    ...shown.notes.map((note) => element("p", { kind: "hint", text: note })),
    ...shown.risks.map(([name, reason]) => risk(name, reason)),
    ...shown.fields.map(card),
  );
  byId("pages").replaceChildren(...(shown.pages.length ? shown.pages.map(sheet) : [element("p", { kind: "hint", text: "This invoice has no pages: it is XML alone." })]));
}

function risk(name, reason) {
  const dismiss = element("button", { type: "button", text: "Dismiss" });
  dismiss.addEventListener("click", () => save({ field: name, action: "dismissed" }));
  return element("article", { kind: "field doubtful", "data-field": name, tabindex: "-1" }, element("h3", { text: named(name) }), element("p", { text: reason }), dismiss);
}

function card(field) {
  const state = field.doubt ? "doubtful" : field.said_by ? "said" : "";
  const sure = field.confidence === null ? "not judged" : `sure with ${(field.confidence * 100).toFixed(0)} %`;
  const facts = [field.value === null ? null : sure, field.repaired, field.said_by ? `said by ${field.said_by}` : null].filter((fact) => fact);
  const made = element(
    "article", { kind: `field ${state}`, "data-field": field.name, tabindex: "-1" },
    element("div", { kind: "head" }, element("h3", { text: named(field.name) }), element("span", { kind: "value", text: field.value ?? "not found" })),
    facts.length ? element("p", { kind: "about", text: facts.join(" · ") }) : null,
    field.doubt ? element("p", { kind: "wrong", text: `To look at: ${field.doubt}` }) : null,
  );
  if (field.doubt || field.said_by) made.append(...choices(field), correction(field));
  else {
    const change = element("button", { type: "button", text: "Correct", "aria-label": `Correct ${named(field.name)}` });
    change.addEventListener("click", () => { change.replaceWith(...choices(field), correction(field)); made.querySelector("input").focus(); });
    made.append(change);
  }
  made.addEventListener("focusin", () => mark(field.name));
  return made;
}

function choices(field) {
  const others = field.options.slice(0, 9);
  if (others.length < 2) return [];
  const list = element("ol", { kind: "options" });
  others.forEach((option, place) => {
    const button = element("button", { type: "button" }, element("span", { text: `${place + 1}. ${option.value}` }), element("small", { text: [option.raw === option.value ? null : `printed ${option.raw}`, ...option.why].filter((part) => part).join("; ") }));
    button.addEventListener("click", () => save({ field: field.name, action: option.value === field.value ? "confirmed" : "corrected", value: option.value, option: place + 1 }));
    list.append(element("li", {}, button));
  });
  return [list];
}

const KINDS = { date: { type: "date" }, amount: { inputmode: "decimal" }, currency: { maxlength: "3", autocapitalize: "characters" } };

function correction(field) {
  const id = `value-${field.name}`;
  const typed = element("input", { id, "aria-label": named(field.name), autocomplete: "off", spellcheck: "false", ...(KINDS[field.kind] ?? {}) });
  typed.value = field.value ?? "";
  const keep = element("button", { type: "submit", kind: "main", text: field.value === null ? "Save" : "Confirm" });
  const absent = element("button", { type: "button", text: "Not printed" });
  typed.addEventListener("input", () => (keep.textContent = typed.value === field.value ? "Confirm" : "Save"));
  absent.addEventListener("click", () => save({ field: field.name, action: "absent" }));
  const form = element("form", {}, typed, keep, absent);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    save(typed.value === field.value ? { field: field.name, action: "confirmed", value: field.value } : { field: field.name, action: "corrected", value: typed.value });
  });
  return form;
}

function sheet([number, proportion]) {
  const picture = element("img", { src: `/pages/${shown.invoice_id}/${number}`, alt: `Page ${number} of ${shown.source_key}`, width: "1000", height: String(Math.round(1000 * proportion)) });
  const paper = element("div", { kind: "sheet" }, picture);
  for (const field of shown.fields) if (field.place?.page === number) paper.append(box(field));
  return element("figure", { "data-page": String(number) }, paper, element("figcaption", { text: `Page ${number}` }));
}

function box(field) {
  const { left, top, right, bottom } = field.place;
  const made = element("button", { type: "button", kind: `box ${field.doubt ? "doubtful" : ""} ${field.place.left > 0.6 ? "far" : ""}`, "data-field": field.name, tabindex: "-1", "aria-label": `${named(field.name)} on the page` }, element("span", { text: `${named(field.name)}${field.doubt ? " ?" : ""}` }));
  const share = (value) => `${(100 * value).toFixed(3)}%`;
  Object.assign(made.style, { left: share(left), top: share(top), width: share(right - left), height: share(bottom - top) });
  made.addEventListener("click", () => choose(cards().findIndex((one) => one.dataset.field === field.name), true));
  return made;
}

const cards = () => [...document.querySelectorAll("#fields .field")];

function mark(name) {
  for (const one of document.querySelectorAll(".field, .box")) one.classList.toggle("current", one.dataset.field === name);
}

// Go to a field. With focus, its card and its box come into view: an invoice that was just opened is looked at from its top.
function choose(place, focus) {
  const all = cards();
  if (!all.length) return;
  current = Math.min(Math.max(place, 0), all.length - 1);
  const card = all[current];
  mark(card.dataset.field);
  if (focus) card.focus();
  if (!focus) return;
  card.scrollIntoView({ block: "nearest" });
  document.querySelector(`.box[data-field="${CSS.escape(card.dataset.field)}"]`)?.scrollIntoView({ block: "nearest" });
}

async function save(said) {
  const invoice = shown.invoice_id;
  const place = cards().findIndex((one) => one.dataset.field === said.field);
  for (const button of document.querySelectorAll("#fields button")) button.disabled = true;
  const { failure, status } = await ask("/corrections", { invoice_id: invoice, revision: shown.revision, ...said });
  for (const button of document.querySelectorAll("#fields button")) button.disabled = false;
  if (failure && status === 422) return wrong(said.field, failure);
  if (failure && status !== 409) return tell(failure);
  const after = queue[queue.findIndex((one) => one.invoice_id === invoice) + 1]?.invoice_id;
  const left = shown.fields.filter((field) => field.doubt && field.name !== said.field).length + shown.risks.filter(([name]) => name !== said.field).length;
  await load(failure || left ? invoice : after ?? invoice);
  if (failure) tell(failure);
  else byId("status").textContent = `Saved. ${byId("status").textContent}`;
  choose(failure ? Math.max(place, 0) : 0, true);
}

function wrong(name, problem) {
  const card = document.querySelector(`.field[data-field="${CSS.escape(name)}"]`);
  card.querySelector(".refused")?.remove();
  card.append(element("p", { kind: "wrong refused", role: "alert", text: `${problem.detail} ${problem.advice}` }));
  card.querySelector("input")?.focus();
}

function step(by) {
  const place = queue.findIndex((one) => one.invoice_id === shown?.invoice_id);
  const next = queue[Math.min(Math.max(place + by, 0), queue.length - 1)];
  if (next) open(next.invoice_id);
}

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target instanceof HTMLInputElement;
  if (typing && event.key === "Escape") return void event.target.closest(".field")?.focus();
  if (typing || !shown) return;
  if (event.key === "j") choose(current + 1, true);
  else if (event.key === "k") choose(current - 1, true);
  else if (event.key === "n") step(1);
  else if (event.key === "p") step(-1);
  else if (/^[1-9]$/.test(event.key)) cards()[current]?.querySelectorAll(".options button")[Number(event.key) - 1]?.click();
  else if (event.key === "Enter" && event.target.classList.contains("field")) (cards()[current].querySelector("form button.main") ?? cards()[current].querySelector("button"))?.click();
  else return;
  event.preventDefault();
});

load();
