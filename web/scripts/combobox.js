// Suggestions while a name is typed: the combobox pattern of the WAI-ARIA
// Authoring Practices over an ordinary search form. The server answers with
// the options as HTML; choosing one follows its link, and Enter without a
// choice submits the form as if there were no script.

const pause = 150; // milliseconds of silence before the server is asked

export function comboboxes(root) {
  for (const input of root.querySelectorAll("input[data-suggest]")) combobox(input);
}

function combobox(input) {
  const list = document.createElement("ul");
  list.className = "options";
  list.id = input.id + "-options";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Suggestions");
  const said = document.createElement("p");
  said.className = "hidden";
  said.setAttribute("role", "status");
  input.after(list);
  input.form.append(said);
  set(input, {
    role: "combobox", autocomplete: "off", "aria-autocomplete": "list",
    "aria-expanded": "false", "aria-controls": list.id,
  });

  let active = -1;
  let timer = 0;
  let asked = new AbortController();

  const options = () => [...list.querySelectorAll("[role=option]")];
  const close = () => {
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const choose = (index) => {
    const all = options();
    active = all.length ? (index + all.length) % all.length : -1;
    all.forEach((o, i) => o.setAttribute("aria-selected", String(i === active)));
    if (active < 0) return;
    input.setAttribute("aria-activedescendant", all[active].id);
    all[active].scrollIntoView({ block: "nearest" });
  };
  const ask = async () => {
    const words = input.value.trim();
    asked.abort();
    if (words.length < 2) return close();
    asked = new AbortController();
    const url = new URL(input.dataset.suggest, location.href);
    url.searchParams.set("q", words);
    try {
      const answer = await fetch(url, { signal: asked.signal, credentials: "same-origin" });
      if (!answer.ok) return close();
      list.innerHTML = await answer.text();
    } catch {
      return; // superseded by a later key, or offline: the form still works
    }
    const found = options().length;
    active = -1;
    list.hidden = found === 0;
    input.setAttribute("aria-expanded", String(found > 0));
    said.textContent = found === 0 ? "No suggestions" : found === 1 ? "1 suggestion" : `${found} suggestions`;
  };

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, pause);
  });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown" && list.hidden) ask();
    if (list.hidden) return;
    switch (event.key) {
      case "ArrowDown": choose(active + 1); break;
      case "ArrowUp": choose(active < 0 ? -1 : active - 1); break;
      case "Escape": close(); break;
      case "Enter":
        if (active < 0) return;
        options()[active].querySelector("a").click();
        break;
      default: return;
    }
    event.preventDefault();
  });
  // A press on an option must not take the focus away before its click.
  list.addEventListener("mousedown", (event) => event.preventDefault());
  input.addEventListener("blur", close);
}

function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
}
