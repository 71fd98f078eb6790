// The date one can drag. The page's as-of form stays what it is; this asks the
// server for the same page's answer while the form changes, and puts it in
// place. Dates are days as text, "2021-03-12", everywhere.

const day = 86400000; // milliseconds; days here are UTC, without clock changes
const pause = 90; // milliseconds between a movement and the question

export function scrubber(root) {
  const form = root.querySelector("form[data-asof]");
  const answer = root.querySelector("#answer");
  if (!form || !answer) return;
  const at = form.elements.namedItem("at");
  const known = form.elements.namedItem("known");
  const then = form.elements.namedItem("then");
  const range = form.querySelector("input[type=range]");
  let first = Date.parse(range.dataset.from);
  let timer = 0;
  let asked = new AbortController();

  const toDate = (n) => new Date(first + n * day).toISOString().slice(0, 10);
  const toNumber = (date) => Math.round((Date.parse(date) - first) / day);

  const mark = () => {
    range.value = String(toNumber(at.value));
    range.setAttribute("aria-valuetext", at.value);
    const share = Math.min(1, Math.max(0, toNumber(at.value) / Number(range.max)));
    for (const line of document.querySelectorAll("svg.at")) line.setAttribute("x", `${share * 100}%`);
  };
  // What was known decides how far the axis reaches, so it comes with the answer.
  const rule = () => {
    const axis = answer.querySelector("[data-axis]");
    first = Date.parse(axis.dataset.from);
    range.max = axis.dataset.days;
    form.querySelector(".axis").replaceChildren(...axis.children);
  };
  const address = () => {
    const fields = new URLSearchParams(new FormData(form));
    for (const [name, value] of [...fields]) if (value === "") fields.delete(name);
    if (fields.get("then")) fields.set("known", at.value);
    fields.delete("then");
    return `${form.action}?${fields}`;
  };
  const ask = async () => {
    const url = address();
    asked.abort();
    asked = new AbortController();
    answer.setAttribute("aria-busy", "true");
    try {
      const got = await fetch(`${url}&part=answer`, { signal: asked.signal, credentials: "same-origin" });
      if (!got.ok) return location.assign(url); // the page itself says what is wrong
      const open = [...answer.querySelectorAll("details[id][open]")].map((d) => d.id);
      answer.innerHTML = await got.text();
      rule();
      for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    } catch (error) {
      if (error.name !== "AbortError") location.assign(url);
      return;
    }
    answer.removeAttribute("aria-busy");
    history.replaceState(null, "", url);
    carry(at.value, new URL(url).searchParams.get("known"));
    mark();
  };
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(ask, pause);
  };

  range.addEventListener("input", () => {
    at.value = toDate(Number(range.value));
    if (then.checked) known.value = at.value;
    mark();
    soon();
  });
  for (const field of [at, known, then]) {
    field.addEventListener("change", () => {
      if (field !== then && field.validity.badInput) return;
      if (field === at && at.value === "") return;
      if (then.checked && field !== known) known.value = at.value;
      if (field === known && known.value !== at.value) then.checked = false;
      mark();
      soon();
    });
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(timer);
    ask();
  });
  mark();
}

// carry keeps the moment on the links outside of the replaced part.
function carry(at, known) {
  for (const link of document.querySelectorAll("a[data-carry]")) {
    const url = new URL(link.href);
    url.searchParams.set("at", at);
    if (known) url.searchParams.set("known", known);
    else url.searchParams.delete("known");
    link.href = url;
  }
}
