// A tree of components: search it without a reload, fold it or unfold it all.
// The search is the form's own question; only the tree is put in place.

const pause = 150; // milliseconds between a key and the question

export function trees(root) {
  let timer = 0;
  let asked = new AbortController();

  const ask = async (form) => {
    const url = `${form.action}?${new URLSearchParams(new FormData(form))}`;
    asked.abort();
    asked = new AbortController();
    try {
      const got = await fetch(`${url}&part=tree`, { signal: asked.signal, credentials: "same-origin" });
      if (!got.ok) return location.assign(url); // the page itself says what is wrong
      const page = document.createElement("div");
      page.innerHTML = await got.text();
      const tree = form.closest("[data-tree]");
      for (const old of tree.querySelectorAll(":scope > :not(form)")) old.remove();
      tree.append(...[...page.children].filter((part) => part.localName !== "form"));
    } catch (error) {
      if (error.name !== "AbortError") location.assign(url);
    }
  };
  const soon = (form, wait) => {
    clearTimeout(timer);
    timer = setTimeout(ask, wait, form);
  };

  // The tree is replaced with the answer when the date moves, so what is
  // listened to is what stays.
  root.addEventListener("input", (event) => {
    const form = event.target.closest?.("form.treeform");
    if (form) soon(form, pause);
  });
  root.addEventListener("submit", (event) => {
    if (!event.target.matches("form.treeform")) return;
    event.preventDefault();
    soon(event.target, 0);
  });
  root.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-fold], [data-unfold]");
    if (!button) return;
    for (const branch of button.closest("[data-tree]").querySelectorAll(".tree details")) branch.open = button.hasAttribute("data-unfold");
  });
}
