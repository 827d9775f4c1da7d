// Pages are complete without this. It saves keystrokes, and keeps what is shown up to date.
"use strict";

const typing = (target) => target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");

// `/` goes to the search box; a key that a button or link names presses it.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || typing(event.target)) return;
  if (event.key === "/") {
    const search = document.querySelector("[data-search]");
    if (search) { event.preventDefault(); search.focus(); search.select(); }
    return;
  }
  const named = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (named) { event.preventDefault(); named.click(); }
});

// What carries data-refresh="SECONDS" and an id is fetched again and put in place, while somebody can see it.
const refresh = async (old) => {
  if (document.hidden || old.contains(document.activeElement)) return true;
  const answer = await fetch(location.href, { headers: { "X-Console-Refresh": "1" } });
  if (!answer.ok) return answer.status >= 500;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(old.id);
  if (fresh) old.replaceChildren(...fresh.childNodes);
  return Boolean(fresh && fresh.dataset.refresh);
};
const keepFresh = (part) => {
  setTimeout(async () => {
    const again = await refresh(part).catch(() => true);
    if (again) keepFresh(part);
  }, Math.max(1, Number(part.dataset.refresh)) * 1000);
};
document.querySelectorAll("[data-refresh][id]").forEach(keepFresh);

// What carries data-events="URL" shows how far something is: {"done": 1, "total": 2, "text": "..."}; `end` reloads.
const follow = (part) => {
  const bar = part.querySelector("progress");
  const said = part.querySelector("[data-said]");
  const events = new EventSource(part.dataset.events);
  events.onmessage = (event) => {
    const told = JSON.parse(event.data);
    if (bar && told.total) { bar.max = told.total; bar.value = told.done; }
    if (said) said.textContent = told.text;
  };
  events.addEventListener("end", () => { events.close(); location.reload(); });
};
document.querySelectorAll("[data-events]").forEach(follow);

// A form is sent once, however often its button is pressed.
document.addEventListener("submit", (event) => {
  if (event.target.dataset.sent) { event.preventDefault(); return; }
  if (event.target.method === "post") event.target.dataset.sent = "1";
});
addEventListener("pageshow", () => document.querySelectorAll("[data-sent]").forEach((form) => delete form.dataset.sent));
