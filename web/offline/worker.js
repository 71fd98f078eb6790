// The service worker, which lets the page be opened without a network. The
// server puts before this file the version and the files that make up the page;
// when one of them changes the version does, and with it this file, which is
// how browsers learn of it.

const shelf = `countersign-labels-page-${version}`;
const home = "/L/";
const patience = 4000; // milliseconds: in a shop a bad network is as good as none

self.addEventListener("install", (event) => event.waitUntil(store()));
self.addEventListener("activate", (event) => event.waitUntil(takeOver()));
self.addEventListener("fetch", (event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (origin !== location.origin || event.request.method !== "GET") return;
  if (files.includes(pathname)) event.respondWith(kept(pathname, event.request));
  else if (event.request.mode === "navigate") event.respondWith(visit(event.request));
});

// store fetches all files anew, past the browser's own cache, or none.
async function store() {
  const cache = await caches.open(shelf);
  await cache.addAll(files.map((file) => new Request(file, { cache: "reload" })));
  await self.skipWaiting();
}

async function takeOver() {
  for (const name of await caches.keys()) {
    if (name.startsWith("countersign-labels-page-") && name !== shelf) await caches.delete(name);
  }
  await self.clients.claim();
}

async function kept(path, request) {
  return (await (await caches.open(shelf)).match(path)) ?? fetch(request);
}

// visit answers the address of a label: with its public page where there is a
// network, and with the page that checks the code itself where there is none.
async function visit(request) {
  try {
    const answer = await Promise.race([fetch(request), late()]);
    if (answer.status < 500) return answer; // 0 is a redirect, which the browser follows
  } catch {
    // no network
  }
  return kept(home, request);
}

const late = () => new Promise((_, reject) => setTimeout(reject, patience));
