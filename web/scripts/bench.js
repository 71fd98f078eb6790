// The keys of the workbench. Each does what a link or a field of the page does.

export function benches(root) {
  const bench = root.querySelector("[data-bench]");
  if (!bench) return;
  // The list alone is scrolled to where one is, not the page.
  const list = bench.querySelector(".list .panel");
  const here = list.querySelector(".pick [aria-current]");
  if (here) list.scrollTop += here.getBoundingClientRect().top - list.getBoundingClientRect().top - list.clientHeight / 2;
  const follow = (selector) => bench.querySelector(selector)?.click();
  const choose = (status) => {
    const radio = bench.querySelector(`.judge input[name=status][value=${status}]`);
    if (!radio) return;
    radio.checked = true;
    bench.querySelector(".judge textarea").focus();
  };
  const keys = {
    j: () => follow("a[rel=next]"),
    k: () => follow("a[rel=prev]"),
    m: () => choose("met"),
    n: () => choose("not_met"),
    u: () => follow('[data-show="Unknown"]'),
    "/": () => bench.querySelector("#find").focus(),
  };
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input:not([type=radio], [type=checkbox]), select, textarea")) return;
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
}
